import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';

import { isFinal, type IJob, type IReplica } from '../model/wire';
import type { ITrainingJobs } from '../tokens';

/** What the panel can ask the rest of JupyterLab for. */
export interface IPanelActions {
  newJob: () => void;
  rerun: (job: IJob) => void;
  openLog: (job: IJob, replica?: IReplica) => void;
  /** Null where no Cloud Shell is installed. */
  openShell: ((job: IJob, replica: IReplica) => void) | null;
}

export type IPanelModel = PanelModel;

/** What the panel shows: the filter, the selected job, what goes on. */
export class PanelModel extends VDomModel {
  constructor(
    readonly jobs: ITrainingJobs,
    private _actions: () => IPanelActions,
    private _trans: TranslationBundle
  ) {
    super();
    jobs.changed.connect(this._emit, this);
    void jobs.defaults().then(
      defaults => {
        this.project = defaults.project;
        this.stateChanged.emit();
      },
      () => undefined
    );
  }

  filter = '';
  selected = '';
  project = '';
  /** Whether a request of the person is under way. */
  busy = false;

  get selectedJob(): IJob | undefined {
    return this.jobs.find(this.selected);
  }

  get openShell(): IPanelActions['openShell'] {
    return this._actions().openShell;
  }

  select(id: string): void {
    this.selected = id;
    this.stateChanged.emit();
  }

  filterBy(text: string): void {
    this.filter = text;
    this.stateChanged.emit();
  }

  newJob(): void {
    this._actions().newJob();
  }

  rerun(job: IJob): void {
    this._actions().rerun(job);
  }

  openLog(job: IJob, replica?: IReplica): void {
    this._actions().openLog(job, replica);
  }

  /** Ask first: logs cannot be brought back. */
  remove(job: IJob): void {
    const { _trans: trans } = this;
    const ends = isFinal(job.state)
      ? ''
      : trans.__('It has not ended: its containers are stopped. ');
    void showDialog({
      title: trans.__('Delete “%1”?', job.spec.name),
      body:
        ends +
        trans.__(
          'The job and its logs are removed for good. Files it wrote stay.'
        ),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep') }),
        Dialog.warnButton({ label: trans.__('Delete') })
      ]
    }).then(({ button }) => {
      if (button.accept) {
        this.run(() => this.jobs.remove(job.id));
      }
    });
  }

  /** Run a request; tell the person when it fails. */
  run(work: () => Promise<void>): void {
    this.busy = true;
    this.stateChanged.emit();
    work()
      .catch(reason => {
        Notification.error(
          reason instanceof Error ? reason.message : String(reason)
        );
      })
      .finally(() => {
        this.busy = false;
        this.stateChanged.emit();
      });
  }

  override dispose(): void {
    this.jobs.changed.disconnect(this._emit, this);
    super.dispose();
  }

  private _emit(): void {
    this.stateChanged.emit();
  }
}
