import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { IJob, IReplica } from '@mofang/shared';

import { cubeIcon } from '../icons';
import type { IPanelActions } from '../panel/actions';
import { PanelModel } from '../panel/model';
import { JobsPanel } from '../panel/widget';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:panel',
  description: 'Adds the side panel with the training jobs.',
  autoStart: true,
  requires: [ITrainingJobs],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    jobs: ITrainingJobs,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const model = new PanelModel(jobs, () => actionsOf(app), trans);
    const panel = new JobsPanel(model, trans);
    panel.id = 'mofang-training-jobs';
    panel.title.icon = cubeIcon;
    panel.title.caption = trans.__('Training jobs');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Jobs of this project'));
    app.shell.add(panel, 'left', { rank: 600, type: 'Training jobs' });
    restorer?.add(panel, panel.id);

    app.commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Training Jobs'),
      icon: cubeIcon,
      execute: args => {
        if (typeof args.jobId === 'string') {
          model.select(args.jobId);
        }
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({
      command: CommandIDs.showPanel,
      category: trans.__('Training')
    });
  }
};

/** Actions that other plugins offer. */
function actionsOf({ commands }: JupyterFrontEnd): IPanelActions {
  const openShell = (job: IJob, { role, index }: IReplica) =>
    void commands.execute(CommandIDs.openShell, { jobId: job.id, role, index });
  const openTensorBoard = (logdir: string, title: string) =>
    void commands.execute(CommandIDs.openTensorBoard, { logdir, title });
  return {
    newJob: () => void commands.execute(CommandIDs.newJob),
    rerun: job => void commands.execute(CommandIDs.rerun, { jobId: job.id }),
    openLog: (job, replica) =>
      void commands.execute(CommandIDs.openLog, {
        jobId: job.id,
        ...(replica && { role: replica.role, index: replica.index })
      }),
    openCharts: job =>
      void commands.execute(CommandIDs.openCharts, { jobId: job.id }),
    compare: jobIds => void commands.execute(CommandIDs.compare, { jobIds }),
    copy: text => Clipboard.copyToSystem(text),
    openShell: commands.hasCommand(CommandIDs.openShell) ? openShell : null,
    openTensorBoard: commands.hasCommand(CommandIDs.openTensorBoard)
      ? openTensorBoard
      : null
  };
}
