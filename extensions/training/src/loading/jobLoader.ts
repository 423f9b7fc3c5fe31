import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { ITranslate } from '../model/jobForm';
import type { ITrainingJobs } from '../tokens';

/** Loads the jobs of a tab, and says why one of them is missing. */
export class JobLoader implements IDisposable {
  constructor(
    private _jobs: ITrainingJobs,
    readonly ids: readonly string[],
    private _trans: ITranslate
  ) {
    _jobs.changed.connect(this._update, this);
    this.retry();
  }

  /** Emitted when the problem changes. */
  readonly changed = new Signal<this, void>(this);

  isDisposed = false;

  dispose(): void {
    this.isDisposed = true;
    this._jobs.changed.disconnect(this._update, this);
    Signal.clearData(this);
  }

  /** Messages about missing jobs; empty while they are loading. */
  get problem(): string {
    return [...new Set(this._problems.values())].join(' ');
  }

  /** Whether loading again may help; false if the missing jobs were deleted. */
  get canRetry(): boolean {
    return [...this._problems.keys()].some(id => !this._deleted.has(id));
  }

  retry(): void {
    this._problems.clear();
    this._update();
    this.ids.forEach(id => void this._open(id));
    this.changed.emit();
  }

  private async _open(id: string): Promise<void> {
    try {
      await this._jobs.open(id);
    } catch (reason) {
      if (this.isDisposed || this._jobs.find(id)) {
        return;
      }
      if ((reason as { status?: number } | null)?.status === 404) {
        this._deleted.add(id);
      }
      this._setProblem(
        id,
        reason instanceof Error ? reason.message : String(reason)
      );
    }
  }

  private _update(): void {
    for (const id of this.ids) {
      const name = this._jobs.find(id)?.spec.name;
      const before = this._names.get(id);
      if (name !== undefined) {
        this._names.set(id, name);
        this._deleted.delete(id);
        this._problems.delete(id);
      } else if (before !== undefined) {
        this._names.delete(id);
        this._deleted.add(id);
        this._setProblem(
          id,
          this._trans.__('“%1” was deleted. This tab can be closed.', before)
        );
      }
    }
  }

  private _setProblem(id: string, problem: string): void {
    this._problems.set(id, problem);
    this.changed.emit();
  }

  private _deleted = new Set<string>();
  /** Names of the loaded jobs, by id. */
  private _names = new Map<string, string>();
  private _problems = new Map<string, string>();
}
