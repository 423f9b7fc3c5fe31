import { URLExt } from '@jupyterlab/coreutils';
import {
  ServerConnection,
  type Terminal,
  TerminalAPI,
  TerminalManager
} from '@jupyterlab/services';
import { request, trainingAddress } from '@mofang/shared';

import type { IShellJob } from './model';

/** Reads the jobs through the training extension's part of the server. */
export class JobReader {
  constructor(private _settings: ServerConnection.ISettings) {}

  async get(id: string): Promise<IShellJob> {
    return (await this._read(`jobs/${encodeURIComponent(id)}`)) as IShellJob;
  }

  async list(): Promise<IShellJob[]> {
    const page = await this._read('jobs', { limit: '200' });
    return (page as { jobs: IShellJob[] }).jobs;
  }

  private async _read(
    path: string,
    query: Record<string, string> = {}
  ): Promise<unknown> {
    const url = trainingAddress(this._settings, path, query);
    return (await request(this._settings, url)).json();
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
