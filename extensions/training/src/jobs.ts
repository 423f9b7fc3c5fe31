import type { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import {
  type ICodeSource,
  type IDebugServer,
  type IEnvironmentList,
  type IJob,
  type IJobEvent,
  type IJobList,
  type IJobMetrics,
  type IJobSpec,
  type IReplica,
  isFinal,
  parseExact,
  request,
  ServiceError,
  stringifyExact,
  trainingAddress
} from '@mofang/shared';

import { LogSource } from './log/source';
import type { ICheckedPreview, IDefaults, JobResult } from './model/defaults';
import type { IJobFilter } from './model/jobFilter';
import { filterQuery } from './model/jobFilter';
import { JobCache } from './model/jobCache';
import type { ConnectionStatus, ILogSource, ITrainingJobs } from './tokens';
import { type IWatchListener, JobWatch } from './watch';

type RequestArgs = [
  path: string,
  init?: RequestInit,
  query?: Record<string, string> | string[][]
];

/** The jobs of this server's project, kept up to date by a watch. */
export class TrainingJobs implements ITrainingJobs {
  /**
   * @param isNeededHidden Whether they are kept up to date while the page is hidden.
   */
  constructor(
    private _settings: ServerConnection.ISettings,
    isNeededHidden?: () => boolean
  ) {
    const listener: IWatchListener = {
      connected: () => this._resync(),
      event: event => this._applyEvent(event),
      setConnectionStatus: (status, problem) => {
        this.connectionStatus = status;
        this.problem = problem;
        this._changed.emit();
      }
    };
    this._watch = new JobWatch(_settings, listener, isNeededHidden);
  }

  connectionStatus: ConnectionStatus = 'connecting';
  problem: string | null = null;

  get changed(): Signal<ITrainingJobs, void> {
    return this._changed;
  }

  get jobChanged(): Signal<ITrainingJobs, IJobEvent> {
    return this._jobChanged;
  }

  get resynced(): Signal<ITrainingJobs, void> {
    return this._resynced;
  }

  get isDisposed(): boolean {
    return this._watch.isDisposed;
  }

  dispose(): void {
    this._watch.dispose();
    Signal.clearData(this);
  }

  find(id: string): IJob | undefined {
    return this._cache.find(id);
  }

  async open(id: string): Promise<IJob> {
    this._openedIds.add(id);
    return this.find(id) ?? this._read(id);
  }

  async query(
    filter: IJobFilter,
    limit: number,
    after: string | null
  ): Promise<IJobList> {
    const query = [...filterQuery(filter), ['limit', String(limit)]];
    if (after !== null) {
      query.push(['after', after]);
    }
    return this._cache.read(
      () => this._exactJson<IJobList>('jobs', {}, query),
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

  async environments(): Promise<IEnvironmentList> {
    return this._json<IEnvironmentList>('environments');
  }

  async submit(spec: IJobSpec): Promise<IJob> {
    const init = { method: 'POST', body: stringifyExact(spec) };
    const job = await this._exactJson<IJob>('jobs', init);
    // The watch may have reported a newer state already.
    if (!this.find(job.id)) {
      this._applyEvent({ type: 'added', job });
    }
    return job;
  }

  async preview(spec: IJobSpec): Promise<ICheckedPreview> {
    const init = { method: 'POST', body: stringifyExact(spec) };
    return this._json<ICheckedPreview>('jobs/preview', init);
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
    this._applyEvent({ type: 'modified', job });
  }

  async remove(id: string): Promise<void> {
    const url = trainingAddress(this._settings, `jobs/${id}`);
    const job = this.find(id);
    await request(this._settings, url, { method: 'DELETE' });
    if (job) {
      this._applyEvent({ type: 'deleted', job });
    }
  }

  reconnect(): void {
    this._watch.reconnect();
  }

  log(job: string, replica: Pick<IReplica, 'role' | 'index'>): ILogSource {
    return new LogSource(this._settings, job, replica);
  }

  /**
   * Read again what changed while disconnected: opened jobs here; lists listen to
   * `resynced`.
   */
  private async _resync(): Promise<void> {
    this._cache.dropUnfinished(this._openedIds);
    this._resynced.emit();
    await Promise.all([...this._openedIds].map(id => this._refresh(id)));
    this._changed.emit();
  }

  private async _refresh(id: string): Promise<void> {
    const cached = this.find(id);
    if (cached && isFinal(cached.state)) {
      return;
    }
    try {
      await this._read(id);
    } catch (reason) {
      if (!(reason instanceof ServiceError) || reason.status !== 404) {
        throw reason;
      }
      this._openedIds.delete(id);
      this._cache.drop(id);
    }
  }

  private async _read(id: string): Promise<IJob> {
    const job = await this._cache.read(
      () => this._exactJson<IJob>(`jobs/${id}`),
      answer => [answer]
    );
    this._changed.emit();
    return this.find(id) ?? job;
  }

  private _applyEvent(event: IJobEvent): void {
    this._cache.applyEvent(event);
    this._jobChanged.emit(event);
    this._changed.emit();
  }

  private async _json<T>(...args: RequestArgs): Promise<T> {
    return (await (await this._send(...args)).json()) as T;
  }

  /** Parse numbers exactly: the response may hold hyper-parameters that are reused. */
  private async _exactJson<T>(...args: RequestArgs): Promise<T> {
    return parseExact<T>(await (await this._send(...args)).text());
  }

  private _send(
    ...[path, init = {}, query = {}]: RequestArgs
  ): Promise<Response> {
    return request(
      this._settings,
      trainingAddress(this._settings, path, query),
      init
    );
  }

  private _changed = new Signal<ITrainingJobs, void>(this);
  private _defaults: Promise<IDefaults> | null = null;
  private _openedIds = new Set<string>();
  private _cache = new JobCache();
  private _resynced = new Signal<ITrainingJobs, void>(this);
  private _jobChanged = new Signal<ITrainingJobs, IJobEvent>(this);
  private _watch: JobWatch;
}
