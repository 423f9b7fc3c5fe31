import { VDomModel } from '@jupyterlab/ui-components';
import type { ServerConnection } from '@jupyterlab/services';
import { request, ServiceError, trainingAddress } from '@mofang/shared';

import type { IPackages } from '../model/packages';

const PERIOD_MS = 60_000;
/** While it is being created, which takes some seconds. */
const SOON_MS = 3_000;
const NOT_FOUND = 404;

/** The packages of this server's environment, asked for while the page is visible. */
export class PackagesModel extends VDomModel {
  constructor(private _settings: ServerConnection.ISettings) {
    super();
  }

  /** Null before the first answer, and off the platform. */
  packages: IPackages | null = null;

  override dispose(): void {
    clearTimeout(this._timer);
    super.dispose();
  }

  /** Ask now, and from time to time from then on. */
  async refresh(): Promise<void> {
    clearTimeout(this._timer);
    try {
      if (!document.hidden || !this.packages) {
        this._take(await this._ask('GET'));
      }
    } catch (reason) {
      if (reason instanceof ServiceError && reason.status === NOT_FOUND) {
        return;
      }
      // What was shown is still the best that is known.
      console.warn('The state of the packages could not be read.', reason);
    }
    if (!this.isDisposed) {
      const period = this.packages?.state === 'creating' ? SOON_MS : PERIOD_MS;
      this._timer = setTimeout(() => void this.refresh(), period);
    }
  }

  /** Undo all changes; rejects with a sentence where that fails. */
  async reset(): Promise<void> {
    this._take(await this._ask('DELETE'));
  }

  private async _ask(method: string): Promise<IPackages> {
    const url = trainingAddress(this._settings, 'packages');
    const answer = await request(this._settings, url, { method });
    return (await answer.json()) as IPackages;
  }

  private _take(packages: IPackages): void {
    this.packages = packages;
    this.stateChanged.emit();
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}
