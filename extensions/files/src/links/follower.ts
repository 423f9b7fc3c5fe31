import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ServiceError } from '@mofang/shared';

import type {
  ICloneStatus,
  ILinkedContent,
  ILinkServer,
  IQuestion
} from './model';

const PERIOD_MS = 700;
const AWAY = 503;

export interface IFollowerOptions {
  server: ILinkServer;
  /** Ask whether to clone; only where the hub does not know that already. */
  ask: (question: IQuestion, link: ILinkedContent) => Promise<boolean>;
  /** Show what git said. */
  showLines: (lines: string[]) => void;
  /** Open a path of the file browser. */
  open: (path: string) => void;
  trans: TranslationBundle;
  periodMs?: number;
}

/** Clones what a link names, tells how it goes on, and opens it. */
export class LinkFollower {
  constructor(private _options: IFollowerOptions) {}

  /** Follow a link; nothing is cloned unless the person has agreed. */
  async follow(link: ILinkedContent): Promise<void> {
    const { server, ask } = this._options;
    let notice = '';
    try {
      let answer = await server.clone(link, false);
      if (answer.state === 'asks') {
        if (!(await ask(answer, link))) {
          return;
        }
        answer = await server.clone(link, true);
      }
      if (answer.state === 'asks') {
        throw new Error('The server asks again.');
      }
      notice = this._announce(answer, link);
      this._finish(notice, await this._wait(answer, link));
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      this._fail(notice, message, []);
    }
  }

  private async _wait(
    status: ICloneStatus,
    link: ILinkedContent
  ): Promise<ICloneStatus> {
    const { server, periodMs = PERIOD_MS } = this._options;
    while (status.state === 'running') {
      await new Promise(resolve => setTimeout(resolve, periodMs));
      try {
        status = await server.cloneStatus(status.id, link.path);
      } catch (reason) {
        // The storage is away for a moment; the clone goes on with it.
        if (!(reason instanceof ServiceError && reason.status === AWAY)) {
          throw reason;
        }
      }
    }
    return status;
  }

  private _announce(status: ICloneStatus, link: ILinkedContent): string {
    const { trans } = this._options;
    const message = status.is_update
      ? trans.__('Updating ~/%1 from %2…', status.directory, link.repository)
      : trans.__('Cloning %2 into ~/%1…', status.directory, link.repository);
    return Notification.emit(message, 'in-progress', { autoClose: false });
  }

  private _finish(notice: string, status: ICloneStatus): void {
    if (status.state === 'failed') {
      this._fail(notice, status.message, status.lines);
      return;
    }
    Notification.update({
      id: notice,
      message: outcomeText(status, this._options.trans),
      type: status.is_missing ? 'warning' : 'success',
      autoClose: status.renamed.length || status.is_missing ? false : 10_000
    });
    if (status.opens !== null) {
      this._options.open(status.opens);
    }
  }

  private _fail(notice: string, message: string, lines: string[]): void {
    const { trans, showLines } = this._options;
    const label = trans.__('What git said');
    const actions = lines.length
      ? [{ label, callback: () => showLines(lines) }]
      : [];
    if (notice) {
      Notification.update({
        id: notice,
        message,
        type: 'error',
        autoClose: false,
        actions
      });
    } else {
      Notification.error(message, { autoClose: false, actions });
    }
  }
}

/** What became of a clone, as sentences. */
export function outcomeText(
  status: ICloneStatus,
  trans: TranslationBundle
): string {
  const { directory, is_update, renamed, is_missing } = status;
  const said = [
    is_update
      ? trans.__(
          '~/%1 was there and is now up to date. What you had changed was kept.',
          directory
        )
      : trans.__('The repository is in ~/%1.', directory)
  ];
  if (renamed.length) {
    said.push(
      trans.__(
        'Files of yours that were in the way have new names: %1.',
        renamed.join(', ')
      )
    );
  }
  if (is_missing) {
    said.push(trans.__('What the link names is not in it.'));
  }
  return said.join(' ');
}
