import { parseExact, stringifyExact } from '../model/exactJson';
import type { IJobSpec, IPreview } from '../model/wire';

const PAUSE_MS = 400;

export type PreviewState = 'idle' | 'asking' | 'ready' | 'failed';

/** Why something could not be had. */
export interface IRefusal {
  problem: string;
  /** A sentence for each field that must change, by the wire's path. */
  fields: Record<string, string>;
}

/**
 * Asks what a job would be, a moment after the last change. Only the answer to the
 * latest question counts.
 */
export class PreviewLoader {
  constructor(
    private _fetch: (spec: IJobSpec) => Promise<IPreview | IRefusal>,
    private _changed: () => void
  ) {}

  state: PreviewState = 'idle';
  /** The last answer; that of an earlier question while a newer one is open. */
  preview: IPreview | null = null;
  /** Sentences of the answer or the refusal, by the wire's path. */
  fields: Record<string, string> = {};
  /** What is not there yet, likewise; it can be submitted all the same. */
  warnings: Record<string, string> = {};
  /** Why there is no answer. */
  problem = '';

  /** Ask about a job; null where there is none to ask about yet. */
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

  /** Ask the latest question once more. */
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
