import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { request } from '@mofang/shared';

import type {
  ICloneStatus,
  ICopiedExample,
  IExample,
  ILinkedContent,
  ILinkParts,
  ILinkServer,
  IQuestion
} from './model';

/** Asks the notebook's server. */
export class LinkServer implements ILinkServer {
  constructor(private _settings: ServerConnection.ISettings) {}

  clone(
    link: ILinkedContent,
    isConfirmed: boolean
  ): Promise<IQuestion | ICloneStatus> {
    return this._post('repositories', { ...link, confirmed: isConfirmed });
  }

  cloneStatus(id: string, path: string): Promise<ICloneStatus> {
    return this._ask(`repositories/${id}?${new URLSearchParams({ path })}`);
  }

  link(path: string): Promise<ILinkParts> {
    return this._ask(`link?${new URLSearchParams({ path })}`);
  }

  async examples(): Promise<IExample[]> {
    // Asked by every page that is opened: that is no activity.
    const answer = await this._ask<{ examples: IExample[] }>(
      'examples?no_track_activity=1'
    );
    return answer.examples;
  }

  copyExample(name: string): Promise<ICopiedExample> {
    return this._post('examples', { name });
  }

  private _post<T>(path: string, content: object): Promise<T> {
    return this._ask(path, { method: 'POST', body: JSON.stringify(content) });
  }

  private async _ask<T>(path: string, init: RequestInit = {}): Promise<T> {
    const root = URLExt.join(this._settings.baseUrl, 'mofang/files/api');
    const answer = await request(this._settings, `${root}/${path}`, init);
    return (await answer.json()) as T;
  }
}
