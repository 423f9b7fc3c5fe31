import type { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { LogSource } from './log/source';
import { parseExact, stringifyExact } from './model/exactJson';
import { filterQuery } from './model/jobFilter';
import { KnownJobs } from './model/knownJobs';
import {
  isFinal,
  type ICodeSource,
  type IDebugServer,
  type IDefaults,
  type IEnvironments,
  type IJob,
  type IJobEvent,
  type IJobFilter,
  type IJobMetrics,
  type IJobPage,
  type IJobSpec,
  type IPreview,
  type IReplica,
  type JobResult
} from './model/wire';
import { address, request, TrainingError } from './request';
import type { ILogSource, ITrainingJobs, Liveness } from './tokens';
import { JobWatch } from './watch';

type Asked = [
  path: string,
  init?: RequestInit,
  query?: Record<string, string> | string[][]
];

/** The jobs of this server's project, kept by a watch. */
export class TrainingJobs implements ITrainingJobs {
  constructor(private _settings: ServerConnection.ISettings) {
    this._watch = new JobWatch(_settings, {
      opened: () => this._reopen(),
      event: event => this._take(event),
      liveness: (liveness, problem) => {
        this.liveness = liveness;
        this.problem = problem;
        this._changed.emit();
      }
    });
  }

  liveness: Liveness = 'connecting';
  problem: string | null = null;

  get changed(): Signal<ITrainingJobs, void> {
    return this._changed;
  }

  get told(): Signal<ITrainingJobs, IJobEvent> {
    return this._told;
  }

  get reopened(): Signal<ITrainingJobs, void> {
    return this._reopened;
  }

  get isDisposed(): boolean {
    return this._watch.isDisposed;
  }

  dispose(): void {
    this._watch.dispose();
    Signal.clearData(this);
  }

  find(id: string): IJob | undefined {
    return this._known.find(id);
  }

  async open(id: string): Promise<IJob> {
    this._held.add(id);
    return this.find(id) ?? this._read(id);
  }

  async query(
    filter: IJobFilter,
    limit: number,
    after: string | null
  ): Promise<IJobPage> {
    const query = [...filterQuery(filter), ['limit', String(limit)]];
    if (after !== null) {
      query.push(['after', after]);
    }
    return this._known.ask(
      () => this._exactJson<IJobPage>('jobs', {}, query),
      page => page.jobs
    );
  }

  async defaults(): Promise<IDefaults> {
    this._defaults ??= this._json<IDefaults>('defaults').catch(reason => {
      this._defaults = null;
      throw reason;
    });
    return this._defaults;
  }

  async environments(): Promise<IEnvironments> {
    return this._json<IEnvironments>('environments');
  }

  async submit(spec: IJobSpec): Promise<IJob> {
    const init = { method: 'POST', body: stringifyExact(spec) };
    const job = await this._exactJson<IJob>('jobs', init);
    // The watch may have told a newer state already.
    if (!this.find(job.id)) {
      this._take({ type: 'added', job });
    }
    return job;
  }

  async preview(spec: IJobSpec): Promise<IPreview> {
    const init = { method: 'POST', body: stringifyExact(spec) };
    return this._json<IPreview>('jobs/preview', init);
  }

  async snapshot(directory: string): Promise<ICodeSource> {
    const init = { method: 'POST', body: JSON.stringify({ directory }) };
    return this._json<ICodeSource>('snapshots', init);
  }

  async metrics(id: string, points: number): Promise<IJobMetrics> {
    const query = { points: String(points) };
    return this._json<IJobMetrics>(`jobs/${id}/metrics`, {}, query);
  }

  async result(id: string): Promise<JobResult> {
    return this._exactJson<JobResult>(`jobs/${id}/result`);
  }

  async debug(id: string): Promise<IDebugServer> {
    return this._json<IDebugServer>(`jobs/${id}/debug`);
  }

  async cancel(id: string): Promise<void> {
    const init = { method: 'POST' };
    const job = await this._exactJson<IJob>(`jobs/${id}/cancel`, init);
    this._take({ type: 'modified', job });
  }

  async remove(id: string): Promise<void> {
    const url = address(this._settings, `jobs/${id}`);
    const job = this.find(id);
    await request(this._settings, url, { method: 'DELETE' });
    if (job) {
      this._take({ type: 'deleted', job });
    }
  }

  reconnect(): void {
    this._watch.reconnect();
  }

  log(job: string, replica: Pick<IReplica, 'role' | 'index'>): ILogSource {
    return new LogSource(this._settings, job, replica);
  }

  /** What was missed is read anew: lists by their owners, opened jobs here. */
  private async _reopen(): Promise<void> {
    this._known.forgetUnfinished(this._held);
    this._reopened.emit();
    await Promise.all([...this._held].map(id => this._renew(id)));
    this._changed.emit();
  }

  private async _renew(id: string): Promise<void> {
    const known = this.find(id);
    if (known && isFinal(known.state)) {
      return;
    }
    try {
      await this._read(id);
    } catch (reason) {
      if (!(reason instanceof TrainingError) || reason.status !== 404) {
        throw reason;
      }
      this._held.delete(id);
      this._known.forget(id);
    }
  }

  private async _read(id: string): Promise<IJob> {
    const job = await this._known.ask(
      () => this._exactJson<IJob>(`jobs/${id}`),
      answer => [answer]
    );
    this._changed.emit();
    return this.find(id) ?? job;
  }

  private _take(event: IJobEvent): void {
    this._known.take(event);
    this._told.emit(event);
    this._changed.emit();
  }

  private async _json<T>(...asked: Asked): Promise<T> {
    return (await (await this._ask(...asked)).json()) as T;
  }

  /** What may hold values of hyper-parameters, which go into other jobs. */
  private async _exactJson<T>(...asked: Asked): Promise<T> {
    return parseExact<T>(await (await this._ask(...asked)).text());
  }

  private _ask(...[path, init = {}, query = {}]: Asked): Promise<Response> {
    return request(this._settings, address(this._settings, path, query), init);
  }

  private _changed = new Signal<ITrainingJobs, void>(this);
  private _defaults: Promise<IDefaults> | null = null;
  private _held = new Set<string>();
  private _known = new KnownJobs();
  private _reopened = new Signal<ITrainingJobs, void>(this);
  private _told = new Signal<ITrainingJobs, IJobEvent>(this);
  private _watch: JobWatch;
}
