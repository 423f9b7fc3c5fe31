import { URLExt } from '@jupyterlab/coreutils';
import type { Contents, ServerConnection } from '@jupyterlab/services';
import { request } from '@mofang/shared';

import type { IDataSources, IListing, IListingRequest, ISource } from './model';

/** Asks the notebook's server, which has the keys. */
export class ServerDataSources implements IDataSources {
  constructor(private _settings: ServerConnection.ISettings) {}

  async list(): Promise<ISource[]> {
    const query = { no_track_activity: '1' };
    return (await this._get<{ sources: ISource[] }>('', query)).sources;
  }

  objects(
    { source, path, starts, after }: IListingRequest,
    signal: AbortSignal
  ): Promise<IListing> {
    return this._get('objects', { source, path, starts, after }, signal);
  }

  /** An object as JupyterLab opens files; its content only if asked for. */
  object(
    source: string,
    path: string,
    { type, format, content }: Contents.IFetchOptions
  ): Promise<Contents.IModel> {
    return this._get('object', {
      source,
      path,
      type: type ?? '',
      format: format ?? '',
      content: content === false ? '0' : '1'
    });
  }

  /** Where the browser gets an object to be kept. */
  downloadUrl(source: string, path: string): string {
    return this._url('download', { source, path });
  }

  private async _get<T>(
    path: string,
    query: Record<string, string>,
    signal: AbortSignal | null = null
  ): Promise<T> {
    const answer = await request(this._settings, this._url(path, query), {
      signal
    });
    return (await answer.json()) as T;
  }

  private _url(path: string, query: Record<string, string>): string {
    const root = URLExt.join(
      this._settings.baseUrl,
      'mofang/files/api/data',
      path
    );
    return `${root}?${new URLSearchParams(query).toString()}`;
  }
}
