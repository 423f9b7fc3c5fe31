import type { Selection } from './selection';

/** A running TensorBoard, as the server reports it. */
export interface IInstance {
  id: string;
  /** Path of its page, with the notebook's own in front. */
  url: string;
  logdir: string | null;
  logdirs: Record<string, string>;
  started: string;
}

/** The server's side of TensorBoards. */
export interface ITensorBoards {
  /** Start one, or find the one that shows the same. */
  open(selection: Selection): Promise<IInstance>;
  /** Whether it is still running; asking keeps it from being culled. */
  isRunning(id: string): Promise<boolean>;
  /** Whether it has found any data so far. */
  hasData(instance: IInstance): Promise<boolean>;
  stop(id: string): Promise<void>;
}

export type State =
  /** Never shown so far: nothing is started for a tab that stays hidden. */
  | { kind: 'waiting' }
  | { kind: 'starting' }
  /**
   * Its page lists plugins only when loaded, so it must be reloaded after `!hasData`.
   */
  | { kind: 'running'; instance: IInstance; hasData: boolean }
  | { kind: 'failed'; message: string }
  | { kind: 'stopping' }
  /** Stopped by this tab, or by the server. */
  | { kind: 'ended'; byPerson: boolean };

/** A TensorBoard may be culled once its tab was hidden for longer than this. */
export const IDLE_MILLISECONDS = 5 * 60_000;

/** One TensorBoard of one tab, from its start to its end. */
export class TensorBoardModel {
  constructor(
    readonly selection: Selection,
    private _boards: ITensorBoards,
    private _changed: () => void,
    private _now: () => number = Date.now
  ) {}

  get state(): State {
    return this._state;
  }

  /** Start it, again after a failure or an end. */
  async open(): Promise<void> {
    const { kind } = this._state;
    if (kind === 'starting' || kind === 'running' || kind === 'stopping') {
      return;
    }
    this._set({ kind: 'starting' });
    try {
      const instance = await this._boards.open(this.selection);
      this._lastRunning = this._now();
      const hasData = await this._boards.hasData(instance);
      this._set({ kind: 'running', instance, hasData });
    } catch (reason) {
      this._set({ kind: 'failed', message: messageOf(reason) });
    }
  }

  /** Called while the tab is visible: start it, or check that it is still running. */
  async refresh(): Promise<void> {
    if (this._state.kind === 'waiting') {
      return this.open();
    }
    if (this._state.kind !== 'running') {
      return;
    }
    const { instance } = this._state;
    let isRunning, hasData;
    try {
      isRunning = await this._boards.isRunning(instance.id);
      hasData =
        this._state.hasData ||
        (isRunning && (await this._boards.hasData(instance)));
    } catch {
      return; // The notebook server is unreachable; JupyterLab reports that.
    }
    const current = this._state;
    if (current.kind !== 'running' || current.instance !== instance) {
      return;
    }
    if (isRunning) {
      this._lastRunning = this._now();
      if (hasData !== current.hasData) {
        this._set({ kind: 'running', instance, hasData });
      }
      return;
    }
    const wasIdle = this._now() - this._lastRunning > IDLE_MILLISECONDS;
    this._set({ kind: 'ended', byPerson: false });
    if (wasIdle) {
      await this.open();
    }
  }

  async stop(): Promise<void> {
    if (this._state.kind !== 'running') {
      return;
    }
    const { instance } = this._state;
    this._set({ kind: 'stopping' });
    try {
      await this._boards.stop(instance.id);
      this._set({ kind: 'ended', byPerson: true });
    } catch (reason) {
      this._set({ kind: 'failed', message: messageOf(reason) });
    }
  }

  private _set(state: State): void {
    this._state = state;
    this._changed();
  }

  private _state: State = { kind: 'waiting' };
  private _lastRunning = 0;
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
