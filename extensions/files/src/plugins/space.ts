import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ServerFiles } from '../request';
import { newlyFull, rootName, spaceText } from '../space';
import { spaceBody, SpaceItem, SpaceModel } from '../spaceItem';
import { CommandIDs, DOMAIN } from '../tokens';

export const spacePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:space',
  description: 'Shows what home and project take.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const files = new ServerFiles(app.serviceManager.serverSettings);
    const model = new SpaceModel(files);
    const command = CommandIDs.showSpace;
    const warned = new Set<string>();

    app.commands.addCommand(command, {
      label: trans.__('Storage…'),
      caption: trans.__('Show what takes the space'),
      isEnabled: () => model.roots.length > 0,
      execute: async () => {
        const [directories] = await Promise.all([
          files.largest(),
          model.refresh()
        ]);
        await showDialog({
          title: trans.__('Storage'),
          body: spaceBody(model.roots, directories, trans),
          buttons: [Dialog.okButton({ label: trans.__('Close') })]
        });
      }
    });
    model.stateChanged.connect(() => {
      app.commands.notifyCommandChanged(command);
      newlyFull(model.roots, warned).forEach(root =>
        Notification.warning(
          trans.__(
            '%1 is nearly full: %2. Delete what you no longer need.',
            rootName(root, trans),
            spaceText(root, trans)
          )
        )
      );
    });
    palette?.addItem({ command, category: trans.__('Mofang') });
    statusBar?.registerStatusItem('@mofang/files:space', {
      item: new SpaceItem(
        model,
        () => void app.commands.execute(command),
        trans
      ),
      align: 'right',
      rank: 890,
      isActive: () => model.roots.length > 0,
      activeStateChanged: model.stateChanged
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) {
        void model.refresh();
      }
    });
    // The page itself comes first.
    void app.restored.then(() => model.refresh());
  }
};
