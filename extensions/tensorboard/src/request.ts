import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { IInstance, ITensorBoards } from './model';
import type { Selection } from './selection';

const NOT_FOUND = 404;

/** Starts and stops TensorBoards through the notebook's server. */
export class ServerTensorBoards implements ITensorBoards {
  constructor(private _settings: ServerConnection.ISettings) {}

  async open(selection: Selection): Promise<IInstance> {
    const body = JSON.stringify(selection);
    const answer = await this._send('', { method: 'POST', body });
    if (!answer.ok) {
      throw await refusal(answer);
    }
    return (await answer.json()) as IInstance;
  }

  async isRunning(id: string): Promise<boolean> {
    // A tab that is left open must not keep the whole server from being culled.
    const answer = await this._send(`${id}?no_track_activity=1`, {});
    if (!answer.ok && answer.status !== NOT_FOUND) {
      throw await refusal(answer);
    }
    return answer.ok;
  }

  async hasData(instance: IInstance): Promise<boolean> {
    const url = new URL(
      `${instance.url}data/plugins_listing`,
      this._settings.baseUrl
    ).href;
    const answer = await ServerConnection.makeRequest(url, {}, this._settings);
    if (!answer.ok) {
      throw await refusal(answer);
    }
    const plugins = (await answer.json()) as Record<
      string,
      { enabled?: boolean }
    >;
    return Object.values(plugins).some(plugin => plugin.enabled);
  }

  async stop(id: string): Promise<void> {
    const answer = await this._send(id, { method: 'DELETE' });
    // It is gone already, which is as good.
    if (!answer.ok && answer.status !== NOT_FOUND) {
      throw await refusal(answer);
    }
  }

  private async _send(path: string, init: RequestInit): Promise<Response> {
    const root = URLExt.join(
      this._settings.baseUrl,
      'mofang/tensorboard/api/instances'
    );
    const url = path ? `${root}/${path}` : root;
    return ServerConnection.makeRequest(url, init, this._settings);
  }
}

/** Convert an error response to an error with the server's message. */
async function refusal(answer: Response): Promise<Error> {
  const body = (await answer.json().catch(() => ({}))) as { message?: string };
  return new Error(body.message ?? `${answer.status} ${answer.statusText}`);
}
