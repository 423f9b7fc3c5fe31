import { PathExt } from '@jupyterlab/coreutils';
import { type Contents, ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { ServiceError } from '@mofang/shared';

import type { ServerDataSources } from './request';

/** Begins the paths of documents from buckets. */
export const DRIVE = 'S3';

/**
 * The path by which JupyterLab opens an object; null where it cannot: JupyterLab takes
 * paths for those of files, where `a//b` is `a/b`.
 */
export function documentPath(source: string, path: string): string | null {
  const local = `${source}/${path}`;
  return PathExt.normalize(local) === local ? `${DRIVE}:${local}` : null;
}

/** Objects of buckets as documents that nobody can change. */
export class SourceDrive implements Contents.IDrive {
  readonly name = DRIVE;
  readonly fileChanged = new Signal<this, Contents.IChangedArgs>(this);

  constructor(
    readonly serverSettings: ServerConnection.ISettings,
    private _sources: ServerDataSources,
    private _trans: TranslationBundle
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  async get(
    localPath: string,
    options: Contents.IFetchOptions = {}
  ): Promise<Contents.IModel> {
    const [source, path] = split(localPath);
    try {
      const model = await this._sources.object(source, path, options);
      return { ...model, path: localPath };
    } catch (reason) {
      // JupyterLab asks for the status of its own class of errors.
      if (reason instanceof ServiceError) {
        const answer = new Response(null, { status: reason.status });
        throw new ServerConnection.ResponseError(answer, reason.message);
      }
      throw reason;
    }
  }

  getDownloadUrl(localPath: string): Promise<string> {
    return Promise.resolve(this._sources.downloadUrl(...split(localPath)));
  }

  listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([]);
  }

  newUntitled(): Promise<never> {
    return this._refuse();
  }

  save(): Promise<never> {
    return this._refuse();
  }

  rename(): Promise<never> {
    return this._refuse();
  }

  copy(): Promise<never> {
    return this._refuse();
  }

  delete(): Promise<never> {
    return this._refuse();
  }

  createCheckpoint(): Promise<never> {
    return this._refuse();
  }

  restoreCheckpoint(): Promise<never> {
    return this._refuse();
  }

  deleteCheckpoint(): Promise<never> {
    return this._refuse();
  }

  private _refuse(): Promise<never> {
    const { _trans: trans } = this;
    return Promise.reject(
      new Error(
        trans.__(
          'Buckets are read here, and written to by programs. Download it, or copy its cells or lines into a file of your home.'
        )
      )
    );
  }

  private _isDisposed = false;
}

/** The source and the path in it. */
function split(localPath: string): [string, string] {
  const slash = localPath.indexOf('/');
  return slash < 0
    ? [localPath, '']
    : [localPath.slice(0, slash), localPath.slice(slash + 1)];
}
