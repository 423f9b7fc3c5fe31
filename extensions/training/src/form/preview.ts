import { type IJobSpec, parseExact, stringifyExact } from '@mofang/shared';

import type { ICheckedPreview } from '../model/defaults';

const PAUSE_MS = 400;

export type PreviewState = 'idle' | 'asking' | 'ready' | 'failed';

/** Why a request was refused. */
export interface IRefusal {
  problem: string;
  /** Error messages by the path of the field in the request. */
  fields: Record<string, string>;
}

/**
 * Requests previews of a job, debounced. Only the response to the latest request
 * counts.
 */
export class PreviewLoader {
  constructor(
    private _fetch: (spec: IJobSpec) => Promise<ICheckedPreview | IRefusal>,
    private _changed: () => void
  ) {}

  state: PreviewState = 'idle';
  /** The last preview; that of an earlier request while a newer one is pending. */
  preview: ICheckedPreview | null = null;
  /** Error messages of the last response, by the path of the field in the request. */
  fields: Record<string, string> = {};
  /** Warnings about missing files, likewise; they do not prevent submission. */
  warnings: Record<string, string> = {};
  /** Why there is no preview. */
  problem = '';

  /** Request a preview; null while the form is not valid. */
  request(spec: IJobSpec | null): void {
    const requested = spec && stringifyExact(spec);
    if (requested === this._requested) {
      return;
    }
    this._requested = requested;
    clearTimeout(this._timer);
    this.fields = {};
    this.warnings = {};
    this.problem = '';
    this.state = spec ? 'asking' : 'idle';
    if (spec) {
      this._timer = setTimeout(() => void this._send(spec), PAUSE_MS);
    }
  }

  /** Repeat the latest request. */
  retry(): void {
    const requested = this._requested;
    this._requested = null;
    this.request(requested ? parseExact<IJobSpec>(requested) : null);
    this._changed();
  }

  dispose(): void {
    this._requested = null;
    clearTimeout(this._timer);
  }

  private async _send(spec: IJobSpec): Promise<void> {
    const requested = this._requested;
    const response = await this._fetch(spec);
    if (requested === null || requested !== this._requested) {
      return;
    }
    this.fields = response.fields;
    this.warnings = 'problem' in response ? {} : (response.warnings ?? {});
    if ('problem' in response) {
      this.problem = response.problem;
      this.state = 'failed';
      this.preview = null;
    } else {
      this.preview = response;
      this.state = 'ready';
    }
    this._changed();
  }

  private _requested: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
