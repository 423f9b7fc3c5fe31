import {
  ILabStatus,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { IJob } from '@mofang/shared';
import { FormFiles } from '../form/files';
import { FormModel } from '../form/model';
import { PresetStore } from '../form/presetStore';
import type { IFormStart } from '../form/start';
import { FormTab } from '../form/tab';
import { FormWidget } from '../form/widget';
import { cubeIcon } from '../icons';
import { CommandIDs, DOMAIN, ITrainingJobs } from '../tokens';

/** Whose settings hold the presets; its schema is schema/submit.json. */
const SETTINGS = '@mofang/training:submit';
const RUNNABLE = /\.(py|sh|ipynb)$/;
/** After which JupyterLab has given the focus to the next tab. */
const NOTIFY_DELAY_MS = 150;

export const formPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:form',
  description: 'Adds the form for a new training job.',
  autoStart: true,
  requires: [ITrainingJobs, IDocumentManager],
  optional: [
    ITranslator,
    ICommandPalette,
    ILauncher,
    IDefaultFileBrowser,
    ISettingRegistry,
    ILabStatus
  ],
  activate: (
    app: JupyterFrontEnd,
    jobs: ITrainingJobs,
    documents: IDocumentManager,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    browser: IDefaultFileBrowser | null,
    settings: ISettingRegistry | null,
    status: ILabStatus | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const files = new FormFiles(documents, browser, trans);
    const presets = settings && new PresetStore(() => settings.load(SETTINGS));
    const command = CommandIDs.newJob;

    const open = (start: IFormStart) => {
      const model = new FormModel(jobs, files, trans, start);
      const content = new FormWidget(model, presets, trans);
      const widget = new FormTab(content, status, trans);
      widget.toolbar.hide();
      widget.id = `mofang-training-form-${Date.now()}`;
      widget.title.label = trans.__('New training job');
      widget.title.icon = cubeIcon;
      model.submitted.connect((_, job) => {
        widget.dispose();
        // Wait until the next tab has taken the focus, some frames later.
        setTimeout(() => notifySubmitted(app, job, trans), NOTIFY_DELAY_MS);
      });
      presets
        ?.open()
        .catch((reason: Error) =>
          Notification.warning(
            trans.__('Presets could not be read: %1', reason.message),
            { autoClose: false }
          )
        );
      app.shell.add(widget, 'main');
      app.shell.activateById(widget.id);
      return widget;
    };
    /** The document in front, where a job can run it. */
    const front = (): IFormStart => {
      const widget = app.shell.currentWidget;
      const path = widget && documents.contextForWidget(widget)?.path;
      return path && RUNNABLE.test(path) ? { path } : {};
    };

    app.commands.addCommand(command, {
      label: args =>
        args.isLauncher
          ? trans.__('Training job')
          : trans.__('New Training Job'),
      caption: trans.__('Run a file, a notebook or a command as a job'),
      icon: cubeIcon,
      execute: args => {
        const { path, spec } = args as IFormStart;
        return open(spec ? { spec } : path ? { path } : front());
      }
    });
    app.commands.addCommand(CommandIDs.rerun, {
      label: trans.__('Submit Again…'),
      caption: trans.__('Open the form filled from this job'),
      icon: cubeIcon,
      isEnabled: args => Boolean(args.jobId),
      execute: async args => open({ job: await jobs.open(String(args.jobId)) })
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

function notifySubmitted(
  app: JupyterFrontEnd,
  job: IJob,
  trans: TranslationBundle
): void {
  const jobId = job.id;
  Notification.success(trans.__('“%1” was submitted.', job.spec.name), {
    autoClose: 6000,
    actions: [
      {
        label: trans.__('View log'),
        callback: () => void app.commands.execute(CommandIDs.openLog, { jobId })
      }
    ]
  });
  void app.commands.execute(CommandIDs.showPanel, { jobId });
}
