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
export class Previews {
  constructor(
    private _ask: (spec: IJobSpec) => Promise<IPreview | IRefusal>,
    private _changed: () => void
  ) {}

  state: PreviewState = 'idle';
  /** The last answer; that of an earlier question while a newer one is open. */
  answer: IPreview | null = null;
  /** Sentences of the answer or the refusal, by the wire's path. */
  fields: Record<string, string> = {};
  /** What is not there yet, likewise; it can be submitted all the same. */
  warnings: Record<string, string> = {};
  /** Why there is no answer. */
  problem = '';

  /** Ask about a job; null where there is none to ask about yet. */
  want(spec: IJobSpec | null): void {
    const question = spec && stringifyExact(spec);
    if (question === this._question) {
      return;
    }
    this._question = question;
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
  again(): void {
    const question = this._question;
    this._question = null;
    this.want(question ? parseExact<IJobSpec>(question) : null);
    this._changed();
  }

  dispose(): void {
    this._question = null;
    clearTimeout(this._timer);
  }

  private async _send(spec: IJobSpec): Promise<void> {
    const question = this._question;
    const told = await this._ask(spec);
    if (question === null || question !== this._question) {
      return;
    }
    this.fields = told.fields;
    this.warnings = 'problem' in told ? {} : (told.warnings ?? {});
    if ('problem' in told) {
      this.problem = told.problem;
      this.state = 'failed';
      this.answer = null;
    } else {
      this.answer = told;
      this.state = 'ready';
    }
    this._changed();
  }

  private _question: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
