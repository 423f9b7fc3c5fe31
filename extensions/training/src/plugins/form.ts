import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification
} from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { FormFiles } from '../form/files';
import { FormModel, type IFormStart } from '../form/model';
import { FormWidget } from '../form/widget';
import { cubeIcon } from '../icons';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

export const formPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:form',
  description: 'Adds the form for a new training job.',
  autoStart: true,
  requires: [ITrainingJobs, IDocumentManager],
  optional: [ITranslator, ICommandPalette, ILauncher, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    jobs: ITrainingJobs,
    documents: IDocumentManager,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const files = new FormFiles(documents, browser, trans);
    const command = CommandIDs.newJob;

    app.commands.addCommand(command, {
      label: args =>
        args.isLauncher
          ? trans.__('Training job')
          : trans.__('New Training Job'),
      caption: trans.__('Run a Python file on several machines'),
      icon: cubeIcon,
      execute: args => {
        const model = new FormModel(jobs, files, trans, args as IFormStart);
        const content = new FormWidget(model, trans);
        const widget = new MainAreaWidget({ content });
        widget.toolbar.hide();
        widget.id = `mofang-training-form-${Date.now()}`;
        widget.title.label = trans.__('New training job');
        widget.title.icon = cubeIcon;
        model.submitted.connect((_, job) => {
          Notification.success(trans.__('“%1” was submitted.', job.spec.name), {
            autoClose: 6000,
            actions: [
              {
                label: trans.__('View log'),
                callback: () =>
                  void app.commands.execute(CommandIDs.openLog, {
                    jobId: job.id
                  })
              }
            ]
          });
          void app.commands.execute(CommandIDs.showPanel, { jobId: job.id });
          widget.dispose();
        });
        app.shell.add(widget, 'main');
        app.shell.activateById(widget.id);
        return widget;
      }
    });
    palette?.addItem({ command, category: trans.__('Training') });
    launcher?.add({
      command,
      args: { isLauncher: true },
      category: trans.__('Mofang'),
      rank: 1
    });
  }
};
