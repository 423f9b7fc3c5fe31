import {
  ILabShell,
  IRouter,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { SourceBrowser, isUrl } from '../sources/browser';
import { SourceBrowserModel } from '../sources/browserModel';
import { documentPath, DRIVE, SourceDrive } from '../sources/drive';
import { dataIcon } from '../sources/icons';
import { ServerDataSources } from '../sources/request';
import { CommandIDs, DOMAIN } from '../tokens';

export const sourcesPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:sources',
  description: 'Browses data sources: directories and buckets.',
  autoStart: true,
  optional: [ITranslator, ILabShell, IRouter],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    shell: ILabShell | null,
    router: IRouter | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { contents, serverSettings } = app.serviceManager;
    const sources = new ServerDataSources(serverSettings);
    // Documents of the last visit are opened again before the panel is there.
    contents.addDrive(new SourceDrive(serverSettings, sources, trans));
    if (shell && router) {
      keepAddress(app, shell, router);
    }
    const { commands } = app;
    const model = new SourceBrowserModel(sources, {
      showDirectory: ({ location }) =>
        void commands
          .execute('filebrowser:open-path', { path: location.slice(1) })
          .then(() => commands.execute('filebrowser:activate')),
      openObject: (source, path) => {
        const document = documentPath(source.name, path);
        if (document) {
          void commands.execute('docmanager:open', { path: document });
        }
      }
    });
    addCommands(app, model, sources, trans);
    const actions = {
      canOpen: () => commands.isEnabled(CommandIDs.openEntry),
      open: () => void commands.execute(CommandIDs.openEntry),
      download: () => void commands.execute(CommandIDs.downloadObject),
      copyLocation: () => void commands.execute(CommandIDs.copyLocation)
    };
    // The page itself comes first; and who has no data sources has no panel.
    void app.restored.then(async () => {
      await model.refresh();
      if (model.entries.length === 0 && !model.failure) {
        return;
      }
      const panel = new SourceBrowser(model, actions, trans);
      panel.id = 'mofang-data-sources';
      panel.title.icon = dataIcon;
      panel.title.caption = trans.__('Data sources');
      panel.node.setAttribute('role', 'region');
      panel.node.setAttribute('aria-label', trans.__('Data sources'));
      app.shell.add(panel, 'left', { rank: 110, type: 'Data sources' });
    });
  }
};

/**
 * Keep documents of buckets out of the page's address. When the page is loaded again
 * JupyterLab looks for a file browser of theirs, and says that there is none; the
 * documents are there anyway, as part of the layout.
 */
function keepAddress(
  app: JupyterFrontEnd,
  shell: ILabShell,
  router: IRouter
): void {
  shell.currentPathChanged.connect(async () => {
    await app.restored;
    if (PageConfig.getOption('treePath').startsWith(`${DRIVE}:`)) {
      PageConfig.setOption('treePath', '');
      const { pathname } = URLExt.parse(PageConfig.getUrl({ treePath: '' }));
      router.navigate(pathname, { skipRouting: true });
    }
  });
}

/** Add what is done with the active entry, by the details and by the context menu. */
function addCommands(
  app: JupyterFrontEnd,
  model: SourceBrowserModel,
  sources: ServerDataSources,
  trans: ReturnType<ITranslator['load']>
): void {
  const { commands, contextMenu } = app;
  const isObject = (): boolean => model.activeEntry?.kind === 'object';
  const objectPath = (): string =>
    model.position.path + model.activeEntry!.name;
  commands.addCommand(CommandIDs.openEntry, {
    label: trans.__('Open'),
    isEnabled: () =>
      !isObject() ||
      documentPath(model.position.source!.name, objectPath()) !== null,
    execute: () => model.open(model.activeEntry!)
  });
  commands.addCommand(CommandIDs.downloadObject, {
    label: trans.__('Download'),
    isVisible: isObject,
    execute: async () => {
      const { name } = model.position.source!;
      const path = objectPath();
      try {
        // A refusal is a sentence here, and would be a file that failed there.
        await sources.object(name, path, { type: 'file', content: false });
        download(sources.downloadUrl(name, path));
      } catch (reason) {
        Notification.error((reason as Error).message, { autoClose: 10_000 });
      }
    }
  });
  commands.addCommand(CommandIDs.copyLocation, {
    label: () => {
      const entry = model.activeEntry;
      return entry && isUrl(entry)
        ? trans.__('Copy URL')
        : trans.__('Copy Path');
    },
    execute: () => {
      const location = model.location(model.activeEntry!);
      Clipboard.copyToSystem(location);
      Notification.success(trans.__('Copied: %1', location), {
        autoClose: 3000
      });
    }
  });
  const { openEntry, downloadObject, copyLocation } = CommandIDs;
  [openEntry, downloadObject, copyLocation].forEach((command, rank) =>
    contextMenu.addItem({ command, rank, selector: '.mf-Sources-row' })
  );
}

/** Have the browser keep what is at a URL of this server. */
function download(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}
