import type { IJobSpec, IPreview } from '../model/wire';
import { TrainingError } from '../request';

const PAUSE_MS = 400;

export type PreviewState = 'idle' | 'asking' | 'ready' | 'failed';

/**
 * Asks what a job would be, a moment after the last change. Only the answer to the
 * latest question counts.
 */
export class Previews {
  constructor(
    private _ask: (spec: IJobSpec) => Promise<IPreview>,
    private _changed: () => void
  ) {}

  state: PreviewState = 'idle';
  /** The last answer; that of an earlier question while a newer one is open. */
  answer: IPreview | null = null;
  /** Sentences of the answer or the refusal, by the wire's path. */
  fields: Record<string, string> = {};
  /** Why there is no answer. */
  problem = '';

  /** Ask about a job; null where there is none to ask about yet. */
  want(spec: IJobSpec | null): void {
    const question = spec && JSON.stringify(spec);
    if (question === this._question) {
      return;
    }
    this._question = question;
    clearTimeout(this._timer);
    this.fields = {};
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
    this.want(question ? (JSON.parse(question) as IJobSpec) : null);
    this._changed();
  }

  dispose(): void {
    this._question = null;
    clearTimeout(this._timer);
  }

  private async _send(spec: IJobSpec): Promise<void> {
    const question = this._question;
    const tell = (take: () => void) => {
      if (question !== null && question === this._question) {
        take();
        this._changed();
      }
    };
    try {
      const answer = await this._ask(spec);
      tell(() => {
        this.answer = answer;
        this.fields = answer.fields;
        this.state = 'ready';
      });
    } catch (reason) {
      tell(() => this._fail(reason));
    }
  }

  private _fail(reason: unknown): void {
    this.fields = reason instanceof TrainingError ? reason.fields : {};
    this.problem = reason instanceof Error ? reason.message : String(reason);
    this.state = 'failed';
    this.answer = null;
  }

  private _question: string | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
