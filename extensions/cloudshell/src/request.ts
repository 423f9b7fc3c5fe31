import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { IJob } from './model';

/** Reads the jobs through the training extension's part of the server. */
export class JobReader {
  constructor(private _settings: ServerConnection.ISettings) {}

  async get(id: string): Promise<IJob> {
    return (await this._read(`jobs/${encodeURIComponent(id)}`)) as IJob;
  }

  async list(): Promise<IJob[]> {
    const page = (await this._read('jobs?limit=200')) as { jobs: IJob[] };
    return page.jobs;
  }

  private async _read(path: string): Promise<unknown> {
    const url = URLExt.join(
      this._settings.baseUrl,
      'mofang/training/api',
      path
    );
    const answer = await ServerConnection.makeRequest(url, {}, this._settings);
    if (!answer.ok) {
      throw await ServerConnection.ResponseError.create(answer);
    }
    return answer.json();
  }
}

/** Settings with which JupyterLab's own terminal connection reaches Cloud Shell. */
export function shellSettings(
  settings: ServerConnection.ISettings
): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    ...settings,
    baseUrl: URLExt.join(settings.baseUrl, 'mofang/cloudshell/'),
    wsUrl: URLExt.join(settings.wsUrl, 'mofang/cloudshell/')
  });
}
