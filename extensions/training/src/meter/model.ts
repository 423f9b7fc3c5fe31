import type { ServerConnection } from '@jupyterlab/services';
import { VDomModel } from '@jupyterlab/ui-components';
import { request, ServiceError, trainingAddress } from '@mofang/shared';

const NOT_ON_PLATFORM = 503;

/** What the notebook's server answers. */
export interface IUsage {
  /** Without what could be freed at once. */
  memory_bytes: number;
  memory_limit_bytes: number;
  /** Used since the container began. */
  cpu_seconds: number;
  cores: number;
  /** Seconds of a clock of the server. */
  at: number;
}

/** At which part of the limit memory is nearly used up, and at which no longer. */
export const NEARLY_FULL = 0.9;
const RELAXED = 0.8;

/** What the server uses of memory and CPU, as it says itself. */
export class MeterModel extends VDomModel {
  constructor(private _settings: ServerConnection.ISettings) {
    super();
  }

  /** Null before the first answer, and off the platform. */
  usage: IUsage | null = null;
  /** Cores in use between the last two answers; null before the second. */
  cores: number | null = null;
  /** Whether memory was nearly used up, and has not become much less since. */
  isNearlyFull = false;

  /** Ask; whether there is nothing more to ask for. */
  async refresh(): Promise<boolean> {
    try {
      // A page that is left open is no activity.
      const query = { no_track_activity: '1' };
      const url = trainingAddress(this._settings, 'meter', query);
      const answer = await request(this._settings, url);
      this._take((await answer.json()) as IUsage);
    } catch (reason) {
      if (reason instanceof ServiceError && reason.status === NOT_ON_PLATFORM) {
        return true;
      }
      // What was shown is still the best that is known.
      console.warn('What the server uses could not be read.', reason);
    }
    return false;
  }

  private _take(usage: IUsage): void {
    if (this.isDisposed) {
      return;
    }
    const seconds = this.usage ? usage.at - this.usage.at : 0;
    if (this.usage && seconds > 0) {
      const used = usage.cpu_seconds - this.usage.cpu_seconds;
      this.cores = Math.max(used / seconds, 0);
    }
    this.usage = usage;
    const part = usage.memory_bytes / usage.memory_limit_bytes;
    this.isNearlyFull = part >= (this.isNearlyFull ? RELAXED : NEARLY_FULL);
    this.stateChanged.emit();
  }
}
