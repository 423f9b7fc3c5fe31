import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { request } from '@mofang/shared';

import type {
  IContent,
  IDirectory,
  IFiles,
  IRestored,
  IRoot,
  IVersions,
  RestoreMode
} from './model';

/** Asks the notebook's server. */
export class ServerFiles implements IFiles {
  constructor(private _settings: ServerConnection.ISettings) {}

  async space(): Promise<IRoot[]> {
    // A page that is left open must not keep the whole server from being culled.
    const query = { no_track_activity: '1' };
    return (await this._get<{ roots: IRoot[] }>('space', query)).roots;
  }

  async largest(): Promise<IDirectory[]> {
    return (await this._get<{ directories: IDirectory[] }>('space/largest'))
      .directories;
  }

  versions(path: string): Promise<IVersions> {
    return this._get('versions', { path });
  }

  content(path: string, snapshot: string): Promise<IContent> {
    return this._get('versions/content', { path, snapshot });
  }

  async restore(
    path: string,
    snapshot: string,
    mode: RestoreMode
  ): Promise<IRestored> {
    const body = JSON.stringify({ path, snapshot, mode });
    const answer = await this._send('versions/restore', {
      method: 'POST',
      body
    });
    return (await answer.json()) as IRestored;
  }

  async undo(path: string, undo: string): Promise<void> {
    const body = JSON.stringify({ path, undo });
    await this._send('versions/restore', { method: 'DELETE', body });
  }

  private async _get<T>(
    path: string,
    query: Record<string, string> = {}
  ): Promise<T> {
    const text = new URLSearchParams(query).toString();
    const answer = await this._send(text ? `${path}?${text}` : path, {});
    return (await answer.json()) as T;
  }

  private _send(path: string, init: RequestInit): Promise<Response> {
    const root = URLExt.join(this._settings.baseUrl, 'mofang/files/api');
    return request(this._settings, `${root}/${path}`, init);
  }
}
