import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { cubeIcon } from '../icons';
import { CommandIDs, DOMAIN } from '../tokens';

const RUNNABLE = /\.(py|ipynb)$/;

/**
 * Where the buttons and menu items are is in schema/submit.json, so that a person
 * can move or hide them in the settings.
 */
export const submitPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:submit',
  description: 'Submits notebooks and files from where one works on them.',
  autoStart: true,
  requires: [IDocumentManager],
  optional: [
    ITranslator,
    ICommandPalette,
    IDefaultFileBrowser,
    ISettingRegistry,
    IToolbarWidgetRegistry
  ],
  activate: (
    app: JupyterFrontEnd,
    documents: IDocumentManager,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands, shell } = app;
    const path = () => {
      const widget = shell.currentWidget;
      return (widget && documents.contextForWidget(widget)?.path) ?? '';
    };
    const selected = () => [...(browser?.selectedItems() ?? [])][0]?.path ?? '';

    commands.addCommand(CommandIDs.submitDocument, {
      label: trans.__('Submit as Training Job…'),
      caption: trans.__('Submit as a training job'),
      icon: cubeIcon,
      isEnabled: () => RUNNABLE.test(path()),
      execute: () => commands.execute(CommandIDs.newJob, { path: path() })
    });
    commands.addCommand(CommandIDs.submitSelected, {
      label: trans.__('Submit as Training Job'),
      icon: cubeIcon,
      isVisible: () => RUNNABLE.test(selected()),
      execute: () => commands.execute(CommandIDs.newJob, { path: selected() })
    });
    palette?.addItem({
      command: CommandIDs.submitDocument,
      category: trans.__('Training')
    });
  }
};
