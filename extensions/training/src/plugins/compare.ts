import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ComparisonWidget } from '../compare/widget';
import { cubeIcon } from '../icons';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:compare',
  description: 'Adds the comparison of two training jobs.',
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
    const tracker = new WidgetTracker<MainAreaWidget<ComparisonWidget>>({
      namespace: 'mofang-training-compare'
    });
    const openBoards = (logdirs: Record<string, string>, title: string) =>
      void commands.execute(CommandIDs.openTensorBoard, { logdirs, title });

    const open = (pair: [string, string]) => {
      const content = new ComparisonWidget(
        jobs,
        pair,
        () =>
          commands.hasCommand(CommandIDs.openTensorBoard) ? openBoards : null,
        trans
      );
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = `mofang-training-compare-${pair.join('-')}`;
      widget.title.icon = cubeIcon;
      void tracker.add(widget);
      return widget;
    };

    commands.addCommand(CommandIDs.compare, {
      label: trans.__('Compare Two Training Jobs'),
      isVisible: () => false,
      execute: args => {
        const [left, right] = args.jobIds as string[];
        const widget =
          tracker.find(
            ({ content }) =>
              content.jobIds[0] === left && content.jobIds[1] === right
          ) ?? open([left, right]);
        if (!widget.isAttached) {
          shell.add(widget, 'main');
        }
        shell.activateById(widget.id);
        return widget;
      }
    });

    void restorer?.restore(tracker, {
      command: CommandIDs.compare,
      args: widget => ({ jobIds: widget.content.jobIds }),
      name: widget => widget.content.jobIds.join('-')
    });
  }
};
