import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { IJobEvent } from '@mofang/shared';

import { EVERYTHING, type IJobFilter } from '../model/jobFilter';
import {
  applyEvent,
  NO_JOBS,
  withPage,
  type ILoadedJobs
} from '../model/jobList';
import type { ITrainingJobs } from '../tokens';

const PAGE = 100;
/** Maximum page size of the service. */
const LONGEST_PAGE = 500;
/**
 * Debounce interval: events come in bursts, and one request for the total serves all.
 */
const COUNT_DELAY_MS = 1_000;

/**
 * The jobs that match a filter, loaded page by page and kept up to date.
 */
export class JobListing implements IDisposable {
  constructor(private _jobs: ITrainingJobs) {
    _jobs.jobChanged.connect(this._onJobChanged, this);
    _jobs.resynced.connect(this._onResynced, this);
    // Do not wait for the watch, which may take a while to connect.
    void this._load(PAGE);
  }

  readonly changed = new Signal<this, void>(this);
  filter: IJobFilter = EVERYTHING;
  list: ILoadedJobs = NO_JOBS;
  /** Whether the rows are those of the filter. */
  isReady = false;
  problem: string | null = null;
  isDisposed = false;

  /** Whether rows are being read. */
  get isBusy(): boolean {
    return this._early !== null;
  }

  dispose(): void {
    this.isDisposed = true;
    this._run++;
    clearTimeout(this._countTimer);
    Signal.clearData(this);
  }

  filterBy(filter: IJobFilter): void {
    this.filter = filter;
    this.isReady = false;
    void this._load(PAGE);
  }

  /** Read anew as many as there are. */
  reload(): void {
    void this._load(Math.max(PAGE, this.list.jobs.length));
  }

  /** Load the next page, unless one is under way. */
  loadMore(): void {
    if (!this.isBusy && this.list.next !== null && !this.problem) {
      void this._request(async isCurrent => {
        const { next } = this.list;
        const page = await this._jobs.query(this.filter, PAGE, next);
        if (isCurrent()) {
          this.list = withPage(this.list, page);
        }
      });
    }
    this.changed.emit();
  }

  /** Read the first so many jobs in the place of what is there. */
  private async _load(count: number): Promise<void> {
    await this._request(async isCurrent => {
      let list = NO_JOBS;
      do {
        const limit = Math.min(LONGEST_PAGE, count - list.jobs.length);
        const page = await this._jobs.query(this.filter, limit, list.next);
        list = withPage(list, page);
      } while (isCurrent() && list.next !== null && list.jobs.length < count);
      if (isCurrent()) {
        this.list = list;
        this.isReady = true;
      }
    });
  }

  /** Run a request; events that arrive in the meantime are applied to its response. */
  private async _request(
    work: (isCurrent: () => boolean) => Promise<void>
  ): Promise<void> {
    const run = ++this._run;
    const isCurrent = () => this._run === run;
    this._early = [];
    this.problem = null;
    this.changed.emit();
    try {
      await work(isCurrent);
    } catch (reason) {
      if (isCurrent()) {
        this.problem = reason instanceof Error ? reason.message : `${reason}`;
      }
    }
    if (isCurrent()) {
      const early = this._early ?? [];
      this._early = null;
      early.forEach(event => this._apply(event));
      this.changed.emit();
    }
  }

  private _onJobChanged(_: ITrainingJobs, event: IJobEvent): void {
    this._early?.push(event);
    this._apply(event);
    this.changed.emit();
  }

  private _onResynced(): void {
    this.reload();
  }

  private _apply(event: IJobEvent): void {
    this.list = applyEvent(this.list, this.filter, event);
    if (this.list.isTotalStale && !this._countTimer) {
      this._countTimer = setTimeout(() => void this._count(), COUNT_DELAY_MS);
    }
  }

  private async _count(): Promise<void> {
    this._countTimer = undefined;
    const run = this._run;
    try {
      const { total } = await this._jobs.query(this.filter, 1, null);
      if (this._run === run && total !== null && this.list.next !== null) {
        this.list = { ...this.list, total, isTotalStale: false };
      }
    } catch (reason) {
      this.problem = reason instanceof Error ? reason.message : `${reason}`;
    }
    this.changed.emit();
  }

  private _early: IJobEvent[] | null = null;
  private _countTimer: ReturnType<typeof setTimeout> | undefined;
  private _run = 0;
}
