import { URLExt } from '@jupyterlab/coreutils';
import {
  ServerConnection,
  type Terminal,
  TerminalAPI,
  TerminalManager
} from '@jupyterlab/services';

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

/** Gives out JupyterLab's own terminal connections, bound for Cloud Shell. */
export function shellTerminals(
  settings: ServerConnection.ISettings
): TerminalManager {
  const serverSettings = ServerConnection.makeSettings({
    ...settings,
    baseUrl: URLExt.join(settings.baseUrl, 'mofang/cloudshell/'),
    wsUrl: URLExt.join(settings.wsUrl, 'mofang/cloudshell/')
  });
  const terminalAPIClient = new ShellClient(serverSettings);
  return new TerminalManager({ serverSettings, terminalAPIClient });
}

/**
 * REST client of the terminal manager. It reports terminals as unavailable, which keeps
 * the manager from polling for a list of them: a shell lives exactly as long as its
 * connection.
 */
class ShellClient implements Terminal.ITerminalAPIClient {
  constructor(readonly serverSettings: ServerConnection.ISettings) {}

  readonly isAvailable = false;

  async startNew(): Promise<Terminal.IModel> {
    throw new Error('A Cloud Shell is opened by connecting to a container.');
  }

  async listRunning(): Promise<Terminal.IModel[]> {
    return [];
  }

  async shutdown(name: string): Promise<void> {
    await TerminalAPI.shutdownTerminal(name, this.serverSettings);
  }
}
