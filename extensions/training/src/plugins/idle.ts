import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { pollWhileVisible } from '../charts/polling';
import { askForExtension } from '../idle/dialog';
import { ActivityModel } from '../idle/model';
import { IdleNotice, keep } from '../idle/notice';
import { isExtendable } from '../model/activity';
import { CommandIDs, DOMAIN } from '../tokens';

const PERIOD_MS = 60_000;

export const idlePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:idle',
  description:
    'Says that an idle server will be stopped, and keeps it on request.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const command = CommandIDs.keepServer;
    const model = new ActivityModel(app.serviceManager.serverSettings);
    const keepLonger = async () => {
      const { activity } = model;
      const asked = activity && (await askForExtension(activity, trans));
      if (asked) {
        keep(model, asked.hours, asked.reason, trans);
      }
    };
    app.commands.addCommand(command, {
      label: trans.__('Keep This Server Running…'),
      caption: trans.__('Keep it although nothing happens in it'),
      isEnabled: () => model.activity !== null && isExtendable(model.activity),
      execute: keepLonger
    });
    model.stateChanged.connect(() =>
      app.commands.notifyCommandChanged(command)
    );
    palette?.addItem({ command, category: trans.__('Mofang') });
    new IdleNotice(model, () => void app.commands.execute(command), trans);
    // The page itself comes first.
    void app.restored.then(() =>
      pollWhileVisible(() => model.refresh(), true, document, PERIOD_MS)
    );
  }
};
