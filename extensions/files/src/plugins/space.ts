import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification
} from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { IStatusBar } from '@jupyterlab/statusbar';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { CleanUpModel } from '../cleanUpModel';
import { confirm, notify } from '../confirmation';
import { ServerFiles } from '../request';
import {
  awayText,
  fullText,
  keepWarned,
  newlyFull,
  readWarned
} from '../space';
import { SpaceItem, SpaceModel } from '../spaceItem';
import { SpacePanel } from '../spacePanel';
import { CommandIDs, DOMAIN } from '../tokens';

export const spacePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:space',
  description: 'Shows what home and project take, and cleans them up.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, IStatusBar, IDefaultFileBrowser],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null,
    browser: IDefaultFileBrowser | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const files = new ServerFiles(app.serviceManager.serverSettings);
    const space = new SpaceModel(files);
    const cleanUpOf = (name: 'home' | 'project'): CleanUpModel => {
      const model: CleanUpModel = new CleanUpModel({
        name,
        files: files[name],
        confirm: request => confirm(request, trans),
        done: outcome => {
          notify(outcome, model, trans);
          void space.refresh();
          void browser?.model.refresh();
        },
        trans
      });
      return model;
    };
    const command = CommandIDs.showSpace;
    addPanel(app, cleanUpOf('home'), cleanUpOf('project'), space, trans);
    warn(space, () => void app.commands.execute(command), trans);
    notifyAway(space, trans);
    space.stateChanged.connect(() =>
      app.commands.notifyCommandChanged(command)
    );
    palette?.addItem({ command, category: trans.__('Mofang') });
    statusBar?.registerStatusItem('@mofang/files:space', {
      item: new SpaceItem(
        space,
        () => void app.commands.execute(command),
        trans
      ),
      align: 'right',
      rank: 890,
      isActive: () => space.roots.length > 0 || space.awaySince !== null,
      activeStateChanged: space.stateChanged
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) {
        void space.refresh();
      }
    });
    // The page itself comes first.
    void app.restored.then(() => space.refresh());
  }
};

/** Add the command that opens the tab; there is one at the most. */
function addPanel(
  app: JupyterFrontEnd,
  home: CleanUpModel,
  project: CleanUpModel,
  space: SpaceModel,
  trans: TranslationBundle
): void {
  let tab: MainAreaWidget | null = null;
  app.commands.addCommand(CommandIDs.showSpace, {
    label: trans.__('Storage'),
    caption: trans.__('Show what takes the space, and clean up'),
    isEnabled: () => space.roots.length > 0,
    execute: () => {
      if (tab === null || tab.isDisposed) {
        const content = new SpacePanel(home, project, space, trans);
        tab = new MainAreaWidget({ content });
        tab.id = 'mofang-storage';
        tab.title.label = trans.__('Storage');
        tab.title.closable = true;
        app.shell.add(tab, 'main');
        void home.refresh();
        if (space.roots.some(each => each.name === 'project')) {
          void project.refresh();
        }
      }
      app.shell.activateById(tab.id);
      void space.refresh();
      void space.refreshJobs();
    }
  });
}

/** Say once that home or project is nearly full, and once that it is full. */
function warn(
  space: SpaceModel,
  open: () => void,
  trans: TranslationBundle
): void {
  space.stateChanged.connect(() => {
    const warned = readWarned(localStorage);
    for (const root of newlyFull(space.roots, warned)) {
      Notification.warning(fullText(root, trans), {
        autoClose: false,
        actions: [{ label: trans.__('Free up space'), callback: open }]
      });
    }
    keepWarned(localStorage, warned);
  });
}

/** Say that the storage does not answer, for as long as it does not. */
function notifyAway(space: SpaceModel, trans: TranslationBundle): void {
  let notice = '';
  space.stateChanged.connect(() => {
    const { awaySince } = space;
    if (awaySince === null && notice) {
      Notification.dismiss(notice);
      Notification.success(
        trans.__('The storage answers again. What you write is saved.'),
        { autoClose: 10_000 }
      );
      notice = '';
    } else if (awaySince !== null && !notice) {
      notice = Notification.error(awayText(awaySince, trans), {
        autoClose: false
      });
    }
  });
}
