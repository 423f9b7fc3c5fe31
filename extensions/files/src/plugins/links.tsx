import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { linkIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { LinkFollower } from '../links/follower';
import {
  type ILinkedContent,
  type ILinkServer,
  type IQuestion,
  linkAddress,
  parseLink,
  withoutLink
} from '../links/model';
import { LinkServer } from '../links/request';
import { CommandIDs, DOMAIN } from '../tokens';

export const linksPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/files:links',
  description: 'Clones what a link names, and makes links to files.',
  autoStart: true,
  requires: [IDefaultFileBrowser],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    browser: IDefaultFileBrowser,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const server = new LinkServer(app.serviceManager.serverSettings);
    addCopyCommand(app, browser, server, trans);
    // Before JupyterLab changes the address.
    const link = parseLink(window.location.search);
    if (link === null) {
      return;
    }
    const follower = new LinkFollower({
      server,
      ask: (question, asked) => askToClone(question, asked, trans),
      showLines: lines => void showLines(lines, trans),
      open: path =>
        void app.commands
          .execute('filebrowser:open-path', { path })
          .then(() => browser.model.refresh()),
      trans
    });
    void app.restored.then(() => {
      window.history.replaceState({}, '', withoutLink(window.location.href));
      return follower.follow(link);
    });
  }
};

/** Add the action that copies a link to the selected file. */
function addCopyCommand(
  app: JupyterFrontEnd,
  browser: IDefaultFileBrowser,
  server: ILinkServer,
  trans: TranslationBundle
): void {
  const hubPrefix = PageConfig.getOption('hubPrefix');
  const selected = (): string | null => {
    const items = [...browser.selectedItems()];
    const { contents } = app.serviceManager;
    const isShown =
      items.length === 1 &&
      items[0].type !== 'directory' &&
      !contents.driveName(items[0].path);
    return isShown ? items[0].path : null;
  };
  app.commands.addCommand(CommandIDs.copyLink, {
    label: trans.__('Copy Link to Environment and File'),
    caption: trans.__(
      'Others who follow it start the same environment and open this file'
    ),
    icon: linkIcon,
    isVisible: () => hubPrefix !== '' && selected() !== null,
    execute: async () => {
      const path = selected();
      if (path === null) {
        return;
      }
      try {
        const parts = await server.link(path);
        const host = PageConfig.getOption('hubHost') || window.location.origin;
        Clipboard.copyToSystem(
          linkAddress(parts, URLExt.join(host, hubPrefix))
        );
        const message = trans.__('The link was copied.');
        if (parts.note) {
          Notification.warning(`${message} ${parts.note}`, {
            autoClose: false
          });
        } else {
          Notification.success(message, { autoClose: 5000 });
        }
      } catch (reason) {
        Notification.error(
          trans.__('No link was copied: %1', (reason as Error).message)
        );
      }
    }
  });
  app.contextMenu.addItem({
    command: CommandIDs.copyLink,
    selector: '.jp-DirListing-item[data-isdir="false"]',
    rank: 13
  });
}

async function askToClone(
  question: IQuestion,
  link: ILinkedContent,
  trans: TranslationBundle
): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Clone a repository?'),
    body: (
      <div>
        <p>
          {trans.__('A link asks for this from %1:', question.host)}{' '}
          <code>{link.repository}</code>
          {link.branch && ` (${link.branch})`}
        </p>
        <p>
          {trans.__(
            'It is cloned into ~/%1, or updated there; what you have changed is kept. What you run from it can read and change your files: clone what you trust.',
            question.directory
          )}
        </p>
      </div>
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Do Not Clone') }),
      Dialog.okButton({ label: trans.__('Clone') })
    ],
    defaultButton: 0
  });
  return button.accept;
}

function showLines(
  lines: string[],
  trans: TranslationBundle
): Promise<unknown> {
  return showDialog({
    title: trans.__('What git said'),
    body: (
      <pre tabIndex={0} className="mf-GitLines">
        {lines.join('\n')}
      </pre>
    ),
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
