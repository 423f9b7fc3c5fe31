import type { IDisposable } from '@lumino/disposable';

import { firstLineStart, LineCutter } from '../model/logText';
import { backOff } from '../model/backOff';
import type { ILogSource } from '../tokens';

/** Size of one read. */
const PART_BYTES = 256 * 1024;

export interface ILogListener {
  /** Lines before all that are shown; `more` says whether there are earlier ones. */
  prepend(lines: string[], more: boolean): void;
  /** New lines, and what stands after the last line break. */
  append(lines: string[], pending: string): void;
  /** The reader's state, for the status line. */
  state(state: LogState, problem?: string): void;
}

export type LogState = 'reading' | 'following' | 'paused' | 'complete' | 'lost';

/**
 * Reads one log: its newest part first, new lines as they arrive, earlier ones on
 * demand.
 */
export class LogReader implements IDisposable {
  constructor(
    private _source: ILogSource,
    private _listener: ILogListener
  ) {}

  get isDisposed(): boolean {
    return this._abort.signal.aborted;
  }

  dispose(): void {
    this._abort.abort();
    this._following?.abort();
  }

  /** Whether all there is has been read. */
  get isComplete(): boolean {
    return this._complete;
  }

  /** Read the newest part, once; may be called again after a failure. */
  begin(): Promise<void> {
    this._beginning ??= this._begin().catch(reason => {
      this._beginning = null;
      throw reason;
    });
    return this._beginning;
  }

  /** Read the part before the oldest line shown. */
  async earlier(): Promise<void> {
    const start = Math.max(0, this._first - PART_BYTES);
    const length = this._first - start;
    if (length === 0) {
      return;
    }
    const { signal } = this._abort;
    const { bytes } = await this._source.read(start, length, signal);
    const skip = start > 0 ? firstLineStart(bytes) : 0;
    const text = new TextDecoder().decode(bytes.subarray(skip));
    // Where nothing is there any more, nothing is before it.
    this._first = bytes.length > 0 ? start + skip : 0;
    const cutter = new LineCutter();
    const lines = cutter.push(text);
    this._listener.prepend([...lines, ...cutter.rest()], this._first > 0);
  }

  /** Read on as the log grows, through lost connections, until it is complete. */
  async follow(): Promise<void> {
    if (this._complete || this._following || this.isDisposed) {
      return;
    }
    const following = new AbortController();
    this._following = following;
    for (let attempt = 0; !following.signal.aborted && !this._complete;) {
      try {
        if (!this._hasBegun) {
          // Followed from its start, all of a long log would come through here.
          await this.begin();
          continue;
        }
        this._listener.state('following');
        await this._readOn(following.signal, () => (attempt = 0));
        await this._checkEnd(following.signal);
      } catch (reason) {
        if (!following.signal.aborted) {
          const problem = reason instanceof Error ? reason.message : '';
          this._listener.state('lost', problem);
        }
      }
      if (!this._complete && !following.signal.aborted) {
        const wait = backOff(attempt++);
        await new Promise(resolve => setTimeout(resolve, wait));
      }
    }
  }

  /** Stop reading on; `follow` goes on from here. */
  pause(): void {
    if (this._following) {
      this._following.abort();
      this._following = null;
      if (!this._complete) {
        this._listener.state('paused');
      }
    }
  }

  private async _begin(): Promise<void> {
    this._listener.state('reading');
    const { signal } = this._abort;
    let piece;
    try {
      piece = await this._source.read(-PART_BYTES, PART_BYTES, signal);
    } catch (reason) {
      // Nothing was written yet: it can be followed from its start.
      this._hasBegun = (reason as { status?: number } | null)?.status === 404;
      throw reason;
    }
    this._hasBegun = true;
    const skip = piece.start > 0 ? firstLineStart(piece.bytes) : 0;
    this._first = piece.start + skip;
    this._next = piece.start + piece.bytes.length;
    this._complete = piece.complete && this._next >= piece.size;
    const text = this._decoder.decode(piece.bytes.subarray(skip), {
      stream: true
    });
    this._listener.prepend(this._cutter.push(text), this._first > 0);
    this._listener.append([], this._cutter.pending);
    if (this._complete) {
      this._finish();
    }
  }

  private async _readOn(signal: AbortSignal, alive: () => void): Promise<void> {
    for await (const bytes of this._source.follow(this._next, signal)) {
      if (signal.aborted) {
        return;
      }
      alive();
      this._next += bytes.length;
      const text = this._decoder.decode(bytes, { stream: true });
      this._listener.append(this._cutter.push(text), this._cutter.pending);
    }
  }

  /** A stream may end because the replica did, or because a connection did. */
  private async _checkEnd(signal: AbortSignal): Promise<void> {
    const piece = await this._source.read(this._next, 1, signal);
    if (piece.complete && piece.size <= this._next) {
      this._finish();
    }
  }

  private _finish(): void {
    this._complete = true;
    this._listener.append(this._cutter.rest(), '');
    this._listener.state('complete');
  }

  private _abort = new AbortController();
  private _beginning: Promise<void> | null = null;
  private _complete = false;
  private _cutter = new LineCutter();
  private _decoder = new TextDecoder();
  private _first = 0;
  private _following: AbortController | null = null;
  private _hasBegun = false;
  private _next = 0;
}
