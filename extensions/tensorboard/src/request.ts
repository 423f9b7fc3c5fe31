import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { request, ServiceError } from '@mofang/shared';

import type { IInstance, ITensorBoards } from './model';
import type { Selection } from './selection';

const NOT_FOUND = 404;

/** Starts and stops TensorBoards through the notebook's server. */
export class ServerTensorBoards implements ITensorBoards {
  constructor(private _settings: ServerConnection.ISettings) {}

  async open(selection: Selection): Promise<IInstance> {
    const body = JSON.stringify(selection);
    const answer = await this._send('', { method: 'POST', body });
    return (await answer.json()) as IInstance;
  }

  async isRunning(id: string): Promise<boolean> {
    // A tab that is left open must not keep the whole server from being culled.
    return this._exists(`${id}?no_track_activity=1`, {});
  }

  async hasData(instance: IInstance): Promise<boolean> {
    const url = new URL(
      `${instance.url}data/plugins_listing`,
      this._settings.baseUrl
    ).href;
    const answer = await request(this._settings, url);
    const plugins = (await answer.json()) as Record<
      string,
      { enabled?: boolean }
    >;
    return Object.values(plugins).some(plugin => plugin.enabled);
  }

  async stop(id: string): Promise<void> {
    // If it is gone already, that is as good.
    await this._exists(id, { method: 'DELETE' });
  }

  /** Send a request about an instance; false if there is none of that id. */
  private async _exists(path: string, init: RequestInit): Promise<boolean> {
    try {
      await this._send(path, init);
    } catch (reason) {
      if (reason instanceof ServiceError && reason.status === NOT_FOUND) {
        return false;
      }
      throw reason;
    }
    return true;
  }

  private _send(path: string, init: RequestInit): Promise<Response> {
    const root = URLExt.join(
      this._settings.baseUrl,
      'mofang/tensorboard/api/instances'
    );
    return request(this._settings, path ? `${root}/${path}` : root, init);
  }
}
