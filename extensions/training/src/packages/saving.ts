import type { ServerConnection } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import { request, trainingAddress } from '@mofang/shared';

import type {
  ISavingPreview,
  ISavingRequest,
  ISavingState
} from '../model/saving';

const PERIOD_MS = 1_000;

/** Saves environments of this server, and knows how far that is. */
export class SavingModel extends VDomModel {
  constructor(
    private _settings: ServerConnection.ISettings,
    private _period = PERIOD_MS
  ) {
    super();
  }

  /** What would be saved now. */
  async preview(): Promise<ISavingPreview> {
    return this._ask<ISavingPreview>('GET', 'packages/preview');
  }

  /**
   * Save, and wait until it is stored.
   *
   * @param onState - Told how far it is, from time to time.
   * @throws Error with a sentence where it is not.
   */
  async save(
    wanted: ISavingRequest,
    onState: (state: ISavingState) => void
  ): Promise<ISavingState> {
    const body = JSON.stringify(wanted);
    let state = await this._ask<ISavingState>('POST', 'packages/saving', body);
    while (state.state === 'packing' || state.state === 'storing') {
      onState(state);
      await new Promise(resolve => setTimeout(resolve, this._period));
      state = await this._ask<ISavingState>('GET', 'packages/saving');
    }
    if (state.state === 'failed') {
      throw new Error(state.message);
    }
    return state;
  }

  private async _ask<T>(
    method: string,
    path: string,
    body: string | null = null
  ): Promise<T> {
    const url = trainingAddress(this._settings, path);
    const answer = await request(this._settings, url, { method, body });
    return (await answer.json()) as T;
  }
}
