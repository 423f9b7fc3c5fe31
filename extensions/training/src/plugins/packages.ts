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
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { PackagesModel } from '../packages/model';
import { packagesBody, PackagesItem } from '../packages/view';
import { CommandIDs, DOMAIN } from '../tokens';

const SHOWN_MS = 10_000;

export const packagesPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:packages',
  description: 'Shows what was changed of installed packages, and undoes it.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    statusBar: IStatusBar | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const command = CommandIDs.showPackages;
    const model = new PackagesModel(app.serviceManager.serverSettings);

    app.commands.addCommand(command, {
      label: trans.__('Installed Packages…'),
      caption: trans.__('Show and undo changes of installed packages'),
      isEnabled: () => model.packages !== null,
      execute: async () => {
        if (await showPackages(model, trans)) {
          await app.commands.execute(CommandIDs.saveEnvironment);
        }
      }
    });
    model.stateChanged.connect(() =>
      app.commands.notifyCommandChanged(command)
    );
    palette?.addItem({ command, category: trans.__('Mofang') });
    statusBar?.registerStatusItem('@mofang/training:packages', {
      item: new PackagesItem(
        model,
        () => void app.commands.execute(command),
        trans
      ),
      align: 'right',
      rank: 900,
      isActive: () => model.packages !== null,
      activeStateChanged: model.stateChanged
    });
    // When a person comes back the page may have been hidden for long.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) {
        void model.refresh();
      }
    });
    // The page itself comes first.
    void app.restored.then(() => model.refresh());
  }
};

/** Show the packages; whether they are to be saved as an environment. */
async function showPackages(
  model: PackagesModel,
  trans: TranslationBundle
): Promise<boolean> {
  await model.refresh();
  const { packages } = model;
  if (!packages) {
    return false;
  }
  const isUndoable = packages.changes.length > 0 || packages.state === 'absent';
  const undo = Dialog.warnButton({ label: trans.__('Undo all changes') });
  const save = Dialog.okButton({ label: trans.__('Save as environment…') });
  const answer = await showDialog({
    title: trans.__('Packages of the environment %1', packages.environment),
    body: packagesBody(packages, trans),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Close') }),
      ...(isUndoable ? [undo] : []),
      ...(packages.state === 'ready' ? [save] : [])
    ],
    // Enter closes it; undoing is pressed on purpose.
    defaultButton: 0
  });
  if (answer.button.label === undo.label) {
    undoAll(model, trans);
  }
  return answer.button.label === save.label;
}

function undoAll(model: PackagesModel, trans: TranslationBundle): void {
  const options = { autoClose: SHOWN_MS };
  const undone = model.reset().then(() => null);
  Notification.promise(undone, {
    pending: { message: trans.__('Undoing all changes of packages…') },
    success: {
      message: () =>
        trans.__(
          'The packages are those of the image. Restart running kernels and terminals to use them.'
        ),
      options
    },
    error: { message: reason => (reason as Error).message, options }
  });
}
