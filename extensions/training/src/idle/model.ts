import { VDomModel } from '@jupyterlab/ui-components';
import type { ServerConnection } from '@jupyterlab/services';
import { request, ServiceError, trainingAddress } from '@mofang/shared';

import type { IActivity } from '../model/activity';

const NOT_ON_PLATFORM = 503;

/** Whether this server is idle, as it says itself. */
export class ActivityModel extends VDomModel {
  constructor(private _settings: ServerConnection.ISettings) {
    super();
  }

  /** Null before the first answer, and off the platform. */
  activity: IActivity | null = null;

  /** Ask; whether there is nothing more to ask for. */
  async refresh(): Promise<boolean> {
    try {
      // A page that is left open is no activity.
      this._take(await this._ask('GET', { no_track_activity: '1' }));
    } catch (reason) {
      if (reason instanceof ServiceError && reason.status === NOT_ON_PLATFORM) {
        return true;
      }
      // What was said last is still the best that is known.
      console.warn('The activity of the server could not be read.', reason);
    }
    return false;
  }

  /**
   * Keep the server running.
   *
   * @param hours - From now on; null for the usual.
   * @throws Error with a sentence where it will not be.
   */
  async extend(hours: number | null, reason: string): Promise<IActivity> {
    const body = JSON.stringify({ hours, reason });
    const activity = await this._ask('POST', {}, body);
    this._take(activity);
    return activity;
  }

  private async _ask(
    method: string,
    query: Record<string, string>,
    body: string | null = null
  ): Promise<IActivity> {
    const url = trainingAddress(this._settings, 'activity', query);
    const answer = await request(this._settings, url, { method, body });
    return (await answer.json()) as IActivity;
  }

  private _take(activity: IActivity): void {
    if (!this.isDisposed) {
      this.activity = activity;
      this.stateChanged.emit();
    }
  }
}
