import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { historyIcon, ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ServerFiles } from '../request';
import { CommandIDs, DOMAIN } from '../tokens';
import { VersionsPanel } from '../versions';

export const versionsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:versions',
  description: 'Shows and restores previous versions of files.',
  autoStart: true,
  requires: [IDefaultFileBrowser],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { contents, serverSettings } = app.serviceManager;
    const files = new ServerFiles(serverSettings);
    const selected = (): string | null => {
      const items = [...browser.selectedItems()];
      const isShown = items.length === 1 && !contents.driveName(items[0].path);
      return isShown ? items[0].path : null;
    };
    app.commands.addCommand(CommandIDs.showVersions, {
      label: trans.__('Previous Versions'),
      caption: trans.__('Versions of hourly and daily snapshots'),
      icon: historyIcon,
      isVisible: () => selected() !== null,
      execute: () => {
        const path = selected();
        if (path === null) {
          return;
        }
        const content = ReactWidget.create(
          <VersionsPanel
            path={path}
            files={files}
            changed={() => void browser.model.refresh()}
            trans={trans}
          />
        );
        const tab = new MainAreaWidget({ content });
        tab.id = `mofang-versions-${Date.now()}`;
        tab.title.label = trans.__('Versions: %1', path.split('/').pop());
        tab.title.icon = historyIcon;
        tab.title.closable = true;
        app.shell.add(tab, 'main');
        app.shell.activateById(tab.id);
      }
    });
    app.contextMenu.addItem({
      command: CommandIDs.showVersions,
      selector: '.jp-DirListing-item[data-isdir]',
      rank: 3.6
    });
  }
};
