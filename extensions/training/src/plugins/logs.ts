import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { type IReplica, replicaName } from '@mofang/shared';

import { cubeIcon } from '../icons';
import { LogWidget } from '../log/widget';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

export const logsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:logs',
  description: 'Adds the view of a training job’s logs.',
  autoStart: true,
  requires: [ITrainingJobs],
  optional: [ITranslator, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    jobs: ITrainingJobs,
    translator: ITranslator | null,
    restorer: ILayoutRestorer | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands, shell } = app;
    const tracker = new WidgetTracker<MainAreaWidget<LogWidget>>({
      namespace: 'mofang-training-logs'
    });

    const open = (jobId: string): MainAreaWidget<LogWidget> => {
      const openShell = ({ role, index }: IReplica) =>
        void commands.execute(CommandIDs.openShell, { jobId, role, index });
      const content = new LogWidget(
        jobs,
        jobId,
        trans,
        commands.hasCommand(CommandIDs.openShell) ? openShell : null
      );
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = `mofang-training-log-${jobId}`;
      widget.title.icon = cubeIcon;
      void tracker.add(widget);
      return widget;
    };

    commands.addCommand(CommandIDs.openLog, {
      label: trans.__('Open the Log of a Training Job'),
      isVisible: () => false,
      execute: args => {
        const jobId = String(args.jobId);
        const widget =
          tracker.find(each => each.content.model.jobId === jobId) ??
          open(jobId);
        if (!widget.isAttached) {
          shell.add(widget, 'main');
        }
        const named = typeof args.role === 'string';
        widget.content.model.select(
          named
            ? replicaName({
                role: String(args.role),
                index: Number(args.index)
              })
            : widget.content.model.selected
        );
        shell.activateById(widget.id);
        return widget;
      }
    });

    void restorer?.restore(tracker, {
      command: CommandIDs.openLog,
      args: widget => ({ jobId: widget.content.model.jobId }),
      name: widget => widget.content.model.jobId
    });
  }
};
