import { Dialog, showDialog } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type IJob, type IReplica, isFinal } from '@mofang/shared';

import type { ITrainingJobs } from '../tokens';

/** What the panel can ask the rest of JupyterLab for. */
export interface IPanelActions {
  newJob: () => void;
  rerun: (job: IJob) => void;
  openLog: (job: IJob, replica?: IReplica) => void;
  openCharts: (job: IJob) => void;
  compare: (jobIds: string[]) => void;
  copy: (text: string) => void;
  /** Null where no Cloud Shell is installed. */
  openShell: ((job: IJob, replica: IReplica) => void) | null;
  /** Null where no TensorBoard is installed. */
  openTensorBoard: ((logdir: string, title: string) => void) | null;
}

/** Ask first: what a cancelled job has not saved is lost. */
export async function cancelJob(
  jobs: ITrainingJobs,
  job: IJob,
  trans: TranslationBundle
): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('Cancel “%1”?', job.spec.name),
    body: trans.__(
      'Its containers will be stopped. Logs and output files are kept.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Keep running') }),
      Dialog.warnButton({ label: trans.__('Cancel the job') })
    ]
  });
  if (button.accept) {
    await jobs.cancel(job.id);
  }
}

/** Ask first: logs cannot be brought back. */
export async function removeJob(
  jobs: ITrainingJobs,
  job: IJob,
  trans: TranslationBundle
): Promise<void> {
  const ends = isFinal(job.state)
    ? ''
    : trans.__('It has not ended: its containers are stopped. ');
  const { button } = await showDialog({
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
  });
  if (button.accept) {
    await jobs.remove(job.id);
  }
}

/** Say which server it will be, then open it, or the page that starts it, in a tab. */
export async function openAsJupyterLab(
  jobs: ITrainingJobs,
  job: IJob,
  trans: TranslationBundle
): Promise<void> {
  const { hub_url: hub } = await jobs.defaults();
  if (!hub) {
    throw new Error(
      trans.__(
        'This server was not started by the platform, so it knows no other servers.'
      )
    );
  }
  const { server, path, note } = await jobs.debug(job.id);
  const message = trans.__(
    'The server “%1” has the image and the directory of this job. Notebooks and terminals get the variables of your own jobs.',
    server
  );
  const { button } = await showDialog({
    title: trans.__('Open “%1” as JupyterLab', job.spec.name),
    body: note ? `${message} ${note}` : message,
    buttons: [
      Dialog.cancelButton(),
      Dialog.okButton({ label: trans.__('Open') })
    ]
  });
  if (button.accept) {
    window.open(URLExt.join(hub, path), '_blank', 'noopener');
  }
}
