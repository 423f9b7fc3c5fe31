import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel } from '@jupyterlab/ui-components';

import {
  pathName,
  removable,
  requestOf,
  type IOutcome,
  type ICleanedRoot,
  type IRequest
} from './cleanUp';
import type {
  ICleanUpFiles,
  IItem,
  ILastCleanUp,
  ISurvey,
  Mode
} from './model';

export interface ICleanUpOptions {
  name: ICleanedRoot['name'];
  files: ICleanUpFiles;
  /** Asks whether these may go; nothing goes without it. */
  confirm: (request: IRequest) => Promise<boolean>;
  /** Called when something has been done. */
  done: (outcome: IOutcome) => void;
  trans: TranslationBundle;
}

export type Activity = 'looking' | 'cleaning' | 'undoing';

/** What takes the space of a directory, what is chosen, and what became of that. */
export class CleanUpModel extends VDomModel {
  constructor(private _options: ICleanUpOptions) {
    super();
  }

  survey: ISurvey | null = null;
  /** Ids of items. */
  readonly selected = new Set<string>();
  /** What is going on; null for nothing. */
  activity: Activity | null = null;
  outcome: IOutcome | null = null;
  /** What was in the way, as a sentence; empty for nothing. */
  failure = '';

  /** Whether somebody has asked for it: there are servers without a project. */
  get isShown(): boolean {
    return (
      this.survey !== null || this.activity !== null || this.failure !== ''
    );
  }

  get root(): ICleanedRoot {
    return { name: this._options.name, path: this.survey?.root ?? '' };
  }

  get chosen(): IItem[] {
    return (this.survey?.items ?? []).filter(each =>
      this.selected.has(each.id)
    );
  }

  /** What can be undone now; null for nothing. */
  get undoable(): ILastCleanUp | null {
    return this.survey?.last ?? null;
  }

  select(id: string, isSelected: boolean): void {
    if (isSelected) {
      this.selected.add(id);
    } else {
      this.selected.delete(id);
    }
    this.stateChanged.emit();
  }

  /** Look what takes the space, and select what is made anew by itself. */
  refresh(): Promise<void> {
    return this._during('looking', () => this._refresh());
  }

  /** Remove what is selected, if the person confirms it. */
  async clean(mode: Mode): Promise<void> {
    const { files, trans } = this._options;
    const items = removable(this.chosen, mode);
    if (items.length === 0) {
      return;
    }
    await this._confirmed(
      requestOf(items, mode, this.root, trans),
      async () => {
        const ids = items.map(each => each.id);
        const { removed, ...done } = await files.clean(ids, mode);
        await this._report({ act: 'clean', mode, count: removed, ...done });
      }
    );
  }

  async undo(undo: string, mode: Mode): Promise<void> {
    await this._during('undoing', async () => {
      const done = await this._options.files.undoCleanUp(undo);
      const { restored, skipped } = done;
      await this._report({
        act: 'undo',
        mode,
        bytes: 0,
        count: restored,
        skipped,
        undo: null
      });
    });
  }

  /** Delete what the last clean-up moved to the Trash, if the person confirms it. */
  async deletePermanently(): Promise<void> {
    const last = this.undoable;
    if (last === null) {
      return;
    }
    const { undo, paths } = last;
    const { root } = this;
    const names = paths.map(path => pathName(root, path));
    const request: IRequest = {
      root,
      mode: 'permanent',
      names,
      total: '',
      warnings: []
    };
    await this._confirmed(request, async () => {
      const { removed, ...done } =
        await this._options.files.deletePermanently(undo);
      await this._report({
        act: 'delete',
        mode: 'trash',
        count: removed,
        ...done
      });
    });
  }

  private async _confirmed(
    request: IRequest,
    work: () => Promise<void>
  ): Promise<void> {
    if (this.activity === null && (await this._options.confirm(request))) {
      await this._during('cleaning', work);
    }
  }

  private async _refresh(): Promise<void> {
    this.survey = await this._options.files.survey();
    this.selected.clear();
    for (const { id, preselected } of this.survey.items) {
      if (preselected) {
        this.selected.add(id);
      }
    }
  }

  private async _report(outcome: IOutcome): Promise<void> {
    this.outcome = outcome;
    this._options.done(outcome);
    await this._refresh();
  }

  /** One thing at a time. */
  private async _during(
    activity: Activity,
    work: () => Promise<void>
  ): Promise<void> {
    if (this.activity !== null) {
      return;
    }
    this.activity = activity;
    this.failure = '';
    this.outcome = null;
    this.stateChanged.emit();
    try {
      await work();
    } catch (reason) {
      this.failure = (reason as Error).message;
    } finally {
      this.activity = null;
      this.stateChanged.emit();
    }
  }
}
