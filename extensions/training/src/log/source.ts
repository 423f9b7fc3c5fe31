import type { ServerConnection } from '@jupyterlab/services';
import { type IReplica, request, trainingAddress } from '@mofang/shared';

import type { ILogPiece, ILogSource } from '../tokens';

/** The log of one replica, read through the notebook's server. */
export class LogSource implements ILogSource {
  constructor(
    private _settings: ServerConnection.ISettings,
    job: string,
    replica: Pick<IReplica, 'role' | 'index'>
  ) {
    this._path = `jobs/${job}/logs/${replica.role}/${replica.index}`;
  }

  get url(): string {
    return trainingAddress(this._settings, this._path);
  }

  async read(
    offset: number,
    limit: number,
    signal: AbortSignal
  ): Promise<ILogPiece> {
    const query = { offset: String(offset), limit: String(limit) };
    const url = trainingAddress(this._settings, this._path, query);
    const answer = await request(this._settings, url, { signal });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const size = Number(answer.headers.get('X-Log-Size') ?? bytes.length);
    const next = Number(answer.headers.get('X-Log-Next') ?? size);
    return {
      bytes,
      start: next - bytes.length,
      size,
      complete: answer.headers.get('X-Log-Complete') === 'true'
    };
  }

  async *follow(
    offset: number,
    signal: AbortSignal
  ): AsyncGenerator<Uint8Array> {
    const query = { follow: 'true', offset: String(offset) };
    const url = trainingAddress(this._settings, this._path, query);
    const answer = await request(this._settings, url, { signal });
    const reader = answer.body!.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value;
    }
  }

  private _path: string;
}
