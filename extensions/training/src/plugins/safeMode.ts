import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Dialog, showDialog } from '@jupyterlab/apputils';
import { PageConfig } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { documentPath, PAGE_OPTION, readSafeMode } from '../model/safeMode';
import { failureBody, SafeModeBanner } from '../safeMode/banner';
import { DOMAIN } from '../tokens';

export const safeModePlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:safe-mode',
  description: 'Tells that the server runs without the files of its user.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const safeMode = readSafeMode(PageConfig.getOption(PAGE_OPTION));
    if (!safeMode) {
      return;
    }
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const actions = {
      open: (file: string) =>
        void app.commands.execute('docmanager:open', {
          path: documentPath(file)
        }),
      showFailure: () =>
        void showDialog({
          title: trans.__('Why the last start failed'),
          body: failureBody(safeMode, trans),
          buttons: [Dialog.okButton({ label: trans.__('Close') })]
        })
    };
    app.shell.add(new SafeModeBanner(safeMode, actions, trans), 'header');
  }
};
