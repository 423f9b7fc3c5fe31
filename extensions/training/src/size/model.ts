import { VDomModel } from '@jupyterlab/ui-components';
import type { ServerConnection } from '@jupyterlab/services';
import { request, ServiceError, trainingAddress } from '@mofang/shared';

import type { IServerMemory, ISizeRange } from '../model/serverSize';

const NOT_ON_PLATFORM = 503;

/** Memory and size of this server, as it says itself. */
export class ServerSizeModel extends VDomModel {
  constructor(private _settings: ServerConnection.ISettings) {
    super();
  }

  /** Null before the first answer, and off the platform. */
  memory: IServerMemory | null = null;

  /** Ask; whether there is nothing more to ask for. */
  async refresh(): Promise<boolean> {
    try {
      // A page that is left open is no activity.
      this._take(await this._ask('GET', { no_track_activity: '1' }));
    } catch (reason) {
      if (reason instanceof ServiceError && reason.status === NOT_ON_PLATFORM) {
        return true;
      }
      // What was said last is still the best that is known.
      console.warn('The memory of the server could not be read.', reason);
    }
    return false;
  }

  /**
   * Ask what may be chosen.
   *
   * @throws Error with a sentence where nobody says.
   */
  async sizes(): Promise<ISizeRange[]> {
    const found = await this._ask('GET', { sizes: '1' });
    return found.sizes ?? [];
  }

  /**
   * Give the server another size; resolves once it has it.
   *
   * @param sizes - Quantities by `cpu` and `memory`.
   * @throws Error with a sentence where it goes on as it was.
   */
  async resize(sizes: Record<string, string>): Promise<void> {
    this._take(await this._ask('POST', {}, JSON.stringify(sizes)));
  }

  private async _ask(
    method: string,
    query: Record<string, string>,
    body: string | null = null
  ): Promise<IServerMemory & { sizes?: ISizeRange[] }> {
    const url = trainingAddress(this._settings, 'server-size', query);
    const answer = await request(this._settings, url, { method, body });
    return (await answer.json()) as IServerMemory & { sizes?: ISizeRange[] };
  }

  private _take(memory: IServerMemory): void {
    if (!this.isDisposed) {
      this.memory = memory;
      this.stateChanged.emit();
    }
  }
}
