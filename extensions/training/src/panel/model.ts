import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';
import type { IJob, IJobEvent } from '@mofang/shared';

import { EVERYTHING, type IJobFilter } from '../model/jobFilter';
import type { ITrainingJobs } from '../tokens';
import type { IPanelActions } from './actions';
import { JobListing } from './listing';

export type IPanelModel = PanelModel;

/** Model of the panel: filter, selected job, pending requests. */
export class PanelModel extends VDomModel {
  constructor(
    readonly jobs: ITrainingJobs,
    private _actions: () => IPanelActions,
    readonly trans: TranslationBundle
  ) {
    super();
    this.listing = new JobListing(jobs);
    this.listing.changed.connect(this._emit, this);
    jobs.changed.connect(this._emit, this);
    jobs.jobChanged.connect(this._forgetDeleted, this);
    void this._readDefaults();
  }

  readonly listing: JobListing;
  /** Ids of at most two jobs to compare, in the order in which they were chosen. */
  compareSelection: readonly string[] = [];
  frameworks: readonly string[] = [];
  /** Address of the hub; empty off the platform, and until it is known. */
  hubUrl = '';
  project = '';
  selected = '';
  user = '';
  /** Whether a request of the person is under way. */
  busy = false;

  /** Actions that other plugins offer. */
  get actions(): IPanelActions {
    return this._actions();
  }

  get selectedJob(): IJob | undefined {
    return this.jobs.find(this.selected);
  }

  /** Whether the panel is visible; metrics are read only then. */
  get isShown(): boolean {
    return this._isShown;
  }

  set isShown(isShown: boolean) {
    this._isShown = isShown;
    this.stateChanged.emit();
  }

  select(id: string): void {
    this.selected = id;
    this.stateChanged.emit();
    if (id) {
      this.jobs.open(id).catch(showError);
    }
  }

  filterBy(change: Partial<IJobFilter>): void {
    this.listing.filterBy({ ...this.listing.filter, ...change });
  }

  clearFilter(): void {
    this.listing.filterBy(EVERYTHING);
  }

  /** Toggle a job's selection for comparison; a third job replaces the first. */
  toggleCompare(id: string): void {
    this.compareSelection = this.compareSelection.includes(id)
      ? this.compareSelection.filter(each => each !== id)
      : [...this.compareSelection, id].slice(-2);
    this.stateChanged.emit();
  }

  clearCompareSelection(): void {
    this.compareSelection = [];
    this.stateChanged.emit();
  }

  compare(): void {
    this.actions.compare([...this.compareSelection]);
  }

  /** Run a request; show a notification if it fails. */
  run(work: () => Promise<void>): void {
    this.busy = true;
    this.stateChanged.emit();
    work()
      .catch(showError)
      .finally(() => {
        this.busy = false;
        this.stateChanged.emit();
      });
  }

  override dispose(): void {
    this.jobs.changed.disconnect(this._emit, this);
    this.jobs.jobChanged.disconnect(this._forgetDeleted, this);
    this.listing.dispose();
    super.dispose();
  }

  private async _readDefaults(): Promise<void> {
    try {
      const { project, user, frameworks, hub_url } = await this.jobs.defaults();
      this.hubUrl = hub_url;
      this.project = project;
      this.user = user;
      this.frameworks = Object.keys(frameworks);
      this.stateChanged.emit();
    } catch (reason) {
      // The list shows the error; only the names of filters are missing here.
      console.warn('Training jobs: the defaults cannot be read.', reason);
    }
  }

  private _forgetDeleted(_: ITrainingJobs, { type, job }: IJobEvent): void {
    if (type === 'deleted') {
      this.compareSelection = this.compareSelection.filter(
        each => each !== job.id
      );
    }
  }

  private _emit(): void {
    this.stateChanged.emit();
  }

  private _isShown = false;
}

function showError(reason: unknown): void {
  // Without autoClose it would be in the notification centre only.
  Notification.error(
    reason instanceof Error ? reason.message : String(reason),
    { autoClose: false }
  );
}
