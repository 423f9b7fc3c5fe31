import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { pollWhileVisible } from '../charts/polling';
import { askForSizes } from '../size/dialog';
import { ServerSizeModel } from '../size/model';
import { MemoryNotice, resize } from '../size/notice';
import { CommandIDs, DOMAIN } from '../tokens';

const PERIOD_MS = 15_000;

export const sizePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:size',
  description:
    'Says when memory runs out, and gives the server another size while it runs.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const command = CommandIDs.resizeServer;
    const model = new ServerSizeModel(app.serviceManager.serverSettings);
    app.commands.addCommand(command, {
      label: trans.__('Resize This Server…'),
      caption: trans.__(
        'Give it more or less CPU and memory, without a restart'
      ),
      isEnabled: () => model.memory !== null,
      execute: async () => {
        const sizes = await askForSizes(model, trans);
        if (sizes) {
          resize(model, sizes, trans);
        }
      }
    });
    model.stateChanged.connect(() =>
      app.commands.notifyCommandChanged(command)
    );
    palette?.addItem({ command, category: trans.__('Mofang') });
    new MemoryNotice(model, () => void app.commands.execute(command), trans);
    // The page itself comes first.
    void app.restored.then(() =>
      pollWhileVisible(() => model.refresh(), true, document, PERIOD_MS)
    );
  }
};
