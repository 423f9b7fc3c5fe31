import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  Notification,
  showDialog,
  showErrorMessage
} from '@jupyterlab/apputils';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';

import { progressText, type ISavingRequest } from '../model/saving';
import { SaveForm } from '../packages/saveForm';
import { SavingModel } from '../packages/saving';
import { CommandIDs, DOMAIN } from '../tokens';

const SHOWN_MS = 10_000;

export const saveEnvironmentPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:save-environment',
  description: 'Saves what is installed as an environment for others.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const command = CommandIDs.saveEnvironment;
    const model = new SavingModel(app.serviceManager.serverSettings);
    const user = () => app.serviceManager.user.identity?.username ?? '';
    app.commands.addCommand(command, {
      label: trans.__('Save as Environment…'),
      caption: trans.__('Save installed packages for yourself and others'),
      execute: () => saveEnvironment(model, user(), trans)
    });
    palette?.addItem({ command, category: trans.__('Mofang') });
  }
};

/** Show what would be saved, ask for a title, and save it. */
export async function saveEnvironment(
  model: SavingModel,
  user: string,
  trans: TranslationBundle
): Promise<void> {
  const title = trans.__('Save as environment');
  const looking = Notification.emit(
    trans.__('Looking at the packages…'),
    'in-progress',
    { autoClose: false }
  );
  const preview = await model.preview().catch((reason: unknown) => {
    void showErrorMessage(title, (reason as Error).message);
    return null;
  });
  Notification.dismiss(looking);
  if (!preview) {
    return;
  }
  if (!preview.packages.length) {
    await showErrorMessage(
      title,
      trans.__(
        'Nothing is installed beyond the environment, so there is nothing to save. Install packages with pip or uv first.'
      )
    );
    return;
  }
  const form = new SaveForm(preview, user, trans);
  const answer = await showDialog({
    title,
    body: form,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Save') })
    ]
  });
  if (answer.button.accept && answer.value) {
    await follow(model, answer.value, trans);
  }
}

async function follow(
  model: SavingModel,
  wanted: ISavingRequest,
  trans: TranslationBundle
): Promise<void> {
  const id = Notification.emit(trans.__('Saving…'), 'in-progress', {
    autoClose: false
  });
  try {
    const saved = await model.save(wanted, state =>
      Notification.update({
        id,
        message: progressText(state, trans),
        type: 'in-progress',
        progress: state.all ? state.done / state.all : undefined
      })
    );
    const message = progressText(saved, trans);
    Notification.update({ id, message, type: 'success', autoClose: SHOWN_MS });
  } catch (reason) {
    const { message } = reason as Error;
    Notification.update({ id, message, type: 'error', autoClose: false });
  }
}
