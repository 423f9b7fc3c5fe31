import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  IThemeManager,
  WidgetTracker
} from '@jupyterlab/apputils';
import { FileDialog, IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { addBrowserEntry } from '../browser';
import { curvesIcon } from '../icons';
import { ServerTensorBoards } from '../request';
import { type Selection, selectionKey, selectionOf } from '../selection';
import { CommandIDs, DOMAIN } from '../tokens';
import { TensorBoardWidget } from '../widget';

export const tensorBoardPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/tensorboard:tensorboard',
  description: 'Opens TensorBoards in tabs.',
  autoStart: true,
  optional: [
    ITranslator,
    ICommandPalette,
    ILayoutRestorer,
    IThemeManager,
    IDefaultFileBrowser
  ],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    themes: IThemeManager | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { serverSettings } = app.serviceManager;
    const boards = new ServerTensorBoards(serverSettings);
    const tracker = new WidgetTracker<TensorBoardWidget>({
      namespace: 'mofang-tensorboard'
    });
    const isDark = () => !!themes?.theme && !themes.isLight(themes.theme);
    themes?.themeChanged.connect(() =>
      tracker.forEach(tab => tab.setDark(isDark()))
    );

    const show = (selection: Selection, title: string): TensorBoardWidget => {
      const tab = new TensorBoardWidget({
        selection,
        title,
        boards,
        baseUrl: serverSettings.baseUrl,
        isDark: isDark(),
        trans
      });
      tab.id = `mofang-tensorboard-${Date.now()}-${tracker.size}`;
      void tracker.add(tab);
      app.shell.add(tab, 'main');
      return tab;
    };

    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Open TensorBoard…'),
      caption: trans.__('Curves, images and more that training has written'),
      icon: curvesIcon,
      execute: async args => {
        const selection = selectionOf(args) ?? (await ask(browser, trans));
        if (!selection) {
          return null;
        }
        const key = selectionKey(selection);
        const title = typeof args.title === 'string' ? args.title : '';
        const open = tracker.find(tab => selectionKey(tab.selection) === key);
        const tab = open ?? show(selection, title);
        if (open && open.model.state.kind !== 'waiting') {
          void open.model.open();
        }
        app.shell.activateById(tab.id);
        return tab;
      }
    });
    palette?.addItem({
      command: CommandIDs.open,
      category: trans.__('Training')
    });
    if (browser) {
      addBrowserEntry(app, browser, trans);
    }
    void restorer?.restore(tracker, {
      command: CommandIDs.open,
      args: tab => ({ ...tab.selection, title: tab.name }),
      name: tab => selectionKey(tab.selection)
    });
  }
};

/** Let the person choose a directory. */
async function ask(
  browser: IDefaultFileBrowser | null,
  trans: TranslationBundle
): Promise<Selection | null> {
  const title = trans.__('Open TensorBoard on a directory');
  if (!browser) {
    const { value } = await InputDialog.getText({
      title,
      label: trans.__('Absolute path'),
      okLabel: trans.__('Open')
    });
    return value ? { logdir: value } : null;
  }
  const { value } = await FileDialog.getExistingDirectory({
    title,
    manager: browser.model.manager,
    defaultPath: browser.model.path
  });
  const [directory] = value ?? [];
  return directory ? { paths: [directory.path] } : null;
}
