import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';

import type { IExample } from '../links/model';
import { LinkServer } from '../links/request';
import { CommandIDs, DOMAIN } from '../tokens';

export const examplesPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:examples',
  description: 'Shows the examples of the image in the launcher.',
  autoStart: true,
  requires: [ILauncher],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const server = new LinkServer(app.serviceManager.serverSettings);
    const { commands } = app;
    commands.addCommand(CommandIDs.openExample, {
      label: args => String(args['title'] ?? trans.__('Open Example')),
      caption: args =>
        trans.__(
          '%1 A copy is made in ~/examples, once.',
          String(args['description'] ?? '')
        ),
      icon: copyIcon,
      execute: async args => {
        try {
          const copied = await server.copyExample(String(args['name']));
          if (copied.was_there) {
            Notification.info(
              trans.__(
                'Your copy in ~/examples/%1 is opened as you left it. Remove or rename it for a new one.',
                String(args['name'])
              ),
              { autoClose: 10_000 }
            );
          }
          if (copied.directory !== null) {
            const path = copied.directory;
            await commands.execute('filebrowser:open-path', { path });
          }
          if (copied.opens !== null) {
            const path = copied.opens;
            const isText = path.endsWith('.md');
            await commands.execute('docmanager:open', {
              path,
              ...(isText ? { factory: 'Markdown Preview' } : {})
            });
          }
        } catch (reason) {
          Notification.error((reason as Error).message, { autoClose: false });
        }
      }
    });
    // The page itself comes first.
    void app.restored.then(async () => {
      for (const [rank, example] of (await readExamples(server)).entries()) {
        launcher.add({
          command: CommandIDs.openExample,
          args: { ...example },
          category: trans.__('Examples'),
          rank
        });
      }
    });
  }
};

async function readExamples(server: LinkServer): Promise<IExample[]> {
  try {
    return await server.examples();
  } catch (reason) {
    console.warn('The examples could not be listed.', reason);
    return [];
  }
}
