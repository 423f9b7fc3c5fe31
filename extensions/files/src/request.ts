import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { request } from '@mofang/shared';

import type {
  ICleaned,
  ICleanUpFiles,
  IContent,
  IFiles,
  IJobUsage,
  IRestored,
  ISpace,
  ISurvey,
  IUndone,
  IVersions,
  Mode,
  RestoreMode
} from './model';

/** The interface of the notebook's server. */
class Api {
  constructor(private _settings: ServerConnection.ISettings) {}

  async get<T>(
    path: string,
    query: Record<string, string> = {},
    signal: AbortSignal | null = null
  ): Promise<T> {
    const text = new URLSearchParams(query).toString();
    const answer = await this.send(text ? `${path}?${text}` : path, {
      signal
    });
    return (await answer.json()) as T;
  }

  async post<T>(path: string, content: object): Promise<T> {
    const body = JSON.stringify(content);
    const answer = await this.send(path, { method: 'POST', body });
    return (await answer.json()) as T;
  }

  send(path: string, init: RequestInit): Promise<Response> {
    const root = URLExt.join(this._settings.baseUrl, 'mofang/files/api');
    return request(this._settings, `${root}/${path}`, init);
  }
}

/** Cleans one directory up. */
class ServerCleanUp implements ICleanUpFiles {
  constructor(
    private _api: Api,
    private _path: string
  ) {}

  survey(): Promise<ISurvey> {
    return this._api.get(this._path);
  }

  clean(items: string[], mode: Mode): Promise<ICleaned> {
    return this._api.post(this._path, { items, mode });
  }

  undoCleanUp(undo: string): Promise<IUndone> {
    return this._api.post(`${this._path}/undo`, { undo });
  }

  deletePermanently(undo: string): Promise<ICleaned> {
    return this._api.post(`${this._path}/delete`, { undo });
  }
}

/** Asks the notebook's server. */
export class ServerFiles implements IFiles {
  constructor(settings: ServerConnection.ISettings) {
    this._api = new Api(settings);
    this.home = new ServerCleanUp(this._api, 'cleanup');
    this.project = new ServerCleanUp(this._api, 'project/cleanup');
  }

  readonly home: ICleanUpFiles;
  readonly project: ICleanUpFiles;

  space(signal: AbortSignal): Promise<ISpace> {
    // A page that is left open must not keep the whole server from being culled.
    const query = { no_track_activity: '1' };
    return this._api.get('space', query, signal);
  }

  jobs(): Promise<IJobUsage> {
    return this._api.get('jobs');
  }

  versions(path: string): Promise<IVersions> {
    return this._api.get('versions', { path });
  }

  content(path: string, snapshot: string): Promise<IContent> {
    return this._api.get('versions/content', { path, snapshot });
  }

  restore(
    path: string,
    snapshot: string,
    mode: RestoreMode
  ): Promise<IRestored> {
    return this._api.post('versions/restore', { path, snapshot, mode });
  }

  async undo(path: string, undo: string): Promise<void> {
    const body = JSON.stringify({ path, undo });
    await this._api.send('versions/restore', { method: 'DELETE', body });
  }

  private _api: Api;
}
