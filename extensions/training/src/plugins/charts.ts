import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ChartsWidget } from '../charts/widget';
import { cubeIcon } from '../icons';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

export const chartsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:charts',
  description: 'Adds charts of what a training job’s replicas use.',
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
    const tracker = new WidgetTracker<MainAreaWidget<ChartsWidget>>({
      namespace: 'mofang-training-charts'
    });

    const open = (jobId: string): MainAreaWidget<ChartsWidget> => {
      const content = new ChartsWidget(jobs, jobId, trans);
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = `mofang-training-charts-${jobId}`;
      widget.title.icon = cubeIcon;
      void tracker.add(widget);
      return widget;
    };

    commands.addCommand(CommandIDs.openCharts, {
      label: trans.__('Open the Charts of a Training Job'),
      isVisible: () => false,
      execute: args => {
        const jobId = String(args.jobId);
        const widget =
          tracker.find(each => each.content.jobId === jobId) ?? open(jobId);
        if (!widget.isAttached) {
          shell.add(widget, 'main');
        }
        shell.activateById(widget.id);
        return widget;
      }
    });

    void restorer?.restore(tracker, {
      command: CommandIDs.openCharts,
      args: widget => ({ jobId: widget.content.jobId }),
      name: widget => widget.content.jobId
    });
  }
};
