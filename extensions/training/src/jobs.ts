import type { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { LogSource } from './log/source';
import { applyEvent, merge } from './model/jobList';
import type {
  ICodeSource,
  IDebugServer,
  IDefaults,
  IJob,
  IJobEvent,
  IJobMetrics,
  IJobPage,
  IJobSpec,
  IPreview,
  IReplica,
  JobResult
} from './model/wire';
import { address, request } from './request';
import type { ILogSource, ITrainingJobs, Liveness } from './tokens';
import { JobWatch } from './watch';

const PAGE = '200';

/** The jobs of this server's project, kept by a watch. */
export class TrainingJobs implements ITrainingJobs {
  constructor(private _settings: ServerConnection.ISettings) {
    this._watch = new JobWatch(_settings, {
      opened: () => this._reload(),
      event: event => this._take(event),
      liveness: (liveness, problem) => {
        this.liveness = liveness;
        this.problem = problem;
        this._changed.emit();
      }
    });
  }

  jobs: readonly IJob[] = [];
  liveness: Liveness = 'connecting';
  problem: string | null = null;

  get hasMore(): boolean {
    return this._next !== null;
  }

  get changed(): Signal<ITrainingJobs, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._watch.isDisposed;
  }

  dispose(): void {
    this._watch.dispose();
    Signal.clearData(this);
  }

  find(id: string): IJob | undefined {
    return this.jobs.find(job => job.id === id);
  }

  async defaults(): Promise<IDefaults> {
    this._defaults ??= this._json<IDefaults>('defaults').catch(reason => {
      this._defaults = null;
      throw reason;
    });
    return this._defaults;
  }

  async submit(spec: IJobSpec): Promise<IJob> {
    const init = { method: 'POST', body: JSON.stringify(spec) };
    const job = await this._json<IJob>('jobs', init);
    // The watch may have told a newer state already.
    if (!this.find(job.id)) {
      this._take({ type: 'added', job });
    }
    return job;
  }

  async preview(spec: IJobSpec): Promise<IPreview> {
    const init = { method: 'POST', body: JSON.stringify(spec) };
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
    return this._json<JobResult>(`jobs/${id}/result`);
  }

  async debug(id: string): Promise<IDebugServer> {
    return this._json<IDebugServer>(`jobs/${id}/debug`);
  }

  async cancel(id: string): Promise<void> {
    const job = await this._json<IJob>(`jobs/${id}/cancel`, { method: 'POST' });
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

  async loadMore(): Promise<void> {
    if (this._next !== null) {
      const query = { limit: PAGE, after: this._next };
      const page = await this._json<IJobPage>('jobs', {}, query);
      this._next = page.next;
      this.jobs = merge(page.jobs, this.jobs);
      this._changed.emit();
    }
  }

  reconnect(): void {
    this._watch.reconnect();
  }

  log(job: string, replica: Pick<IReplica, 'role' | 'index'>): ILogSource {
    return new LogSource(this._settings, job, replica);
  }

  /** Read the first page; what the watch tells meanwhile is applied on top. */
  private async _reload(): Promise<void> {
    this._early = [];
    try {
      const page = await this._json<IJobPage>('jobs', {}, { limit: PAGE });
      this._next = page.next;
      this.jobs = this._early.reduce(applyEvent, merge([], page.jobs));
    } finally {
      this._early = null;
    }
    this._changed.emit();
  }

  private _take(event: IJobEvent): void {
    this._early?.push(event);
    this.jobs = applyEvent(this.jobs, event);
    this._changed.emit();
  }

  private async _json<T>(
    path: string,
    init: RequestInit = {},
    query: Record<string, string> = {}
  ): Promise<T> {
    const url = address(this._settings, path, query);
    return (await (await request(this._settings, url, init)).json()) as T;
  }

  private _changed = new Signal<ITrainingJobs, void>(this);
  private _defaults: Promise<IDefaults> | null = null;
  private _early: IJobEvent[] | null = null;
  private _next: string | null = null;
  private _watch: JobWatch;
}
