import type { ServerConnection } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import {
  type IJobEvent,
  parseExact,
  request,
  ServiceError,
  trainingAddress
} from '@mofang/shared';

import { eventData } from './eventStream';
import { backOff } from './model/backOff';
import type { ConnectionStatus } from './tokens';

/** A connection without data for longer than this is considered dead. */
const SILENCE_MS = 45_000;

export interface IWatchListener {
  /** The watch is established: a list read from now on misses no event. */
  connected(): Promise<void>;
  event(event: IJobEvent): void;
  setConnectionStatus(status: ConnectionStatus, problem: string | null): void;
}

/**
 * Keeps an event stream open while the page is visible. A hidden page closes its
 * connection, because browsers limit them per host, unless it is needed there, too; it
 * resyncs when it becomes visible again.
 */
export class JobWatch implements IDisposable {
  constructor(
    private _settings: ServerConnection.ISettings,
    private _listener: IWatchListener,
    private _isNeededHidden: () => boolean = () => false
  ) {
    document.addEventListener('visibilitychange', this._onVisibility);
    void this._run();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    document.removeEventListener('visibilitychange', this._onVisibility);
    this._abort.abort();
    this._wake();
  }

  reconnect(): void {
    this._attempt = 0;
    this._abort.abort();
    this._wake();
  }

  private async _run(): Promise<void> {
    while (!this._isDisposed) {
      if (this._isUnneeded) {
        await this._sleep(null);
        continue;
      }
      let problem: string | null = null;
      try {
        await this._stream();
      } catch (reason) {
        if (reason instanceof ServiceError) {
          problem = reason.message;
        } else if (!this._abort.signal.aborted) {
          // The browser's message about a lost connection is of no use to users.
          console.warn('The watch of training jobs ended.', reason);
        }
      }
      if (!this._isDisposed && !this._abort.signal.aborted) {
        this._listener.setConnectionStatus('lost', problem);
        await this._sleep(backOff(this._attempt++));
      }
    }
  }

  private async _stream(): Promise<void> {
    this._abort = new AbortController();
    const { signal } = this._abort;
    const url = trainingAddress(this._settings, 'jobs/watch');
    const answer = await request(this._settings, url, { signal });
    await this._listener.connected();
    this._attempt = 0;
    this._listener.setConnectionStatus('live', null);
    for await (const data of eventData(answer.body!, SILENCE_MS)) {
      this._listener.event(parseExact<IJobEvent>(data));
    }
  }

  /** Sleep until the timeout, or until woken. */
  private _sleep(milliseconds: number | null): Promise<void> {
    return new Promise(resolve => {
      const timer =
        milliseconds === null ? 0 : window.setTimeout(resolve, milliseconds);
      this._wake = () => {
        window.clearTimeout(timer);
        resolve();
      };
    });
  }

  private get _isUnneeded(): boolean {
    return document.hidden && !this._isNeededHidden();
  }

  private _onVisibility = (): void => {
    if (!this._isNeededHidden()) {
      this.reconnect();
    }
  };

  private _abort = new AbortController();
  private _attempt = 0;
  private _isDisposed = false;
  private _wake: () => void = () => undefined;
}
