import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { pollWhileVisible } from '../charts/polling';
import { MeterItem, warnOfMemory } from '../meter/item';
import { MeterModel } from '../meter/model';
import { DOMAIN } from '../tokens';

const PERIOD_MS = 5000;

export const meterPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:meter',
  description: 'Shows what the server uses of its memory and CPU.',
  autoStart: true,
  optional: [ITranslator, IStatusBar],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    statusBar: IStatusBar | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const model = new MeterModel(app.serviceManager.serverSettings);
    warnOfMemory(model, trans);
    statusBar?.registerStatusItem('@mofang/training:meter', {
      item: new MeterItem(model, trans),
      align: 'left',
      rank: 900,
      isActive: () => model.usage !== null,
      activeStateChanged: model.stateChanged
    });
    // The page itself comes first.
    void app.restored.then(() =>
      pollWhileVisible(() => model.refresh(), true, document, PERIOD_MS)
    );
  }
};
