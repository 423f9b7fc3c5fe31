import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { request } from '@mofang/shared';

import type {
  ICleaned,
  IContent,
  IFiles,
  IJobUsage,
  IProjectSurvey,
  IRestored,
  ISpace,
  ISurvey,
  IUndone,
  IVersions,
  Mode,
  RestoreMode
} from './model';

/** Asks the notebook's server. */
export class ServerFiles implements IFiles {
  constructor(private _settings: ServerConnection.ISettings) {}

  space(signal: AbortSignal): Promise<ISpace> {
    // A page that is left open must not keep the whole server from being culled.
    const query = { no_track_activity: '1' };
    return this._get('space', query, signal);
  }

  jobs(): Promise<IJobUsage> {
    return this._get('jobs');
  }

  project(): Promise<IProjectSurvey> {
    return this._get('project');
  }

  survey(): Promise<ISurvey> {
    return this._get('cleanup');
  }

  clean(items: string[], mode: Mode): Promise<ICleaned> {
    return this._post('cleanup', { items, mode });
  }

  undoCleanUp(undo: string): Promise<IUndone> {
    return this._post('cleanup/undo', { undo });
  }

  deletePermanently(undo: string): Promise<ICleaned> {
    return this._post('cleanup/delete', { undo });
  }

  versions(path: string): Promise<IVersions> {
    return this._get('versions', { path });
  }

  content(path: string, snapshot: string): Promise<IContent> {
    return this._get('versions/content', { path, snapshot });
  }

  restore(
    path: string,
    snapshot: string,
    mode: RestoreMode
  ): Promise<IRestored> {
    return this._post('versions/restore', { path, snapshot, mode });
  }

  async undo(path: string, undo: string): Promise<void> {
    const body = JSON.stringify({ path, undo });
    await this._send('versions/restore', { method: 'DELETE', body });
  }

  private async _get<T>(
    path: string,
    query: Record<string, string> = {},
    signal: AbortSignal | null = null
  ): Promise<T> {
    const text = new URLSearchParams(query).toString();
    const answer = await this._send(text ? `${path}?${text}` : path, {
      signal
    });
    return (await answer.json()) as T;
  }

  private async _post<T>(path: string, content: object): Promise<T> {
    const body = JSON.stringify(content);
    const answer = await this._send(path, { method: 'POST', body });
    return (await answer.json()) as T;
  }

  private _send(path: string, init: RequestInit): Promise<Response> {
    const root = URLExt.join(this._settings.baseUrl, 'mofang/files/api');
    return request(this._settings, `${root}/${path}`, init);
  }
}
