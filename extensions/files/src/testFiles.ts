import type {
  ICleaned,
  ICleanUpFiles,
  IFiles,
  IJobUsage,
  IItem,
  IRoot,
  ISurvey,
  IUndone,
  IVersions
} from './model';

/** An item of a survey. */
export function item(part: Partial<IItem> = {}): IItem {
  return {
    id: part.path ?? 'pip',
    kind: 'package_cache',
    path: '.cache/pip',
    paths: 1,
    bytes: 3 * 2 ** 30,
    files: 12,
    complete: true,
    used: '2026-11-01T08:00:00+00:00',
    preselected: true,
    in_use: '',
    ...part
  };
}

/** The server half in memory: what is asked of it is written down. */
export class FakeFiles implements IFiles {
  roots: IRoot[] = [];
  found: IVersions = { reason: '', versions: [], deleted: [] };
  failure = '';
  readonly asked: string[] = [];

  awaySince: string | null = null;

  /** Whether questions about the space are left without an answer. */
  isSilent = false;

  async space(signal: AbortSignal) {
    if (this.isSilent) {
      await new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      );
    }
    const { roots, awaySince: away_since } = this;
    return this._answer('space', { roots, away_since });
  }

  surveyed: ISurvey = {
    root: '~',
    reason: '',
    restricted: false,
    items: [],
    directories: [],
    complete: true,
    keeps_snapshots: true,
    last: null
  };
  cleaned: ICleaned = { bytes: 0, removed: 1, skipped: [], undo: 'u1' };
  undone: IUndone = { restored: 1, skipped: [] };

  jobUsage: IJobUsage = { logs: null, code_bytes: 0 };

  async jobs() {
    return this._answer('jobs', this.jobUsage);
  }

  readonly home = this._cleanUp('', () => this.surveyed);

  projectSurveyed: ISurvey = { ...this.surveyed, root: '/projects/vision' };

  readonly project = this._cleanUp('project ', () => this.projectSurveyed);

  async versions(path: string) {
    return this._answer(`versions ${path}`, this.found);
  }

  async content(path: string, snapshot: string) {
    return this._answer(`content ${path} ${snapshot}`, {
      text: 'old text',
      difference: '-old text\n+new text'
    });
  }

  async restore(path: string, snapshot: string, mode: string) {
    const undo = mode === 'beside' ? null : '0123456789abcdef';
    const name = path.split('/').pop()!;
    return this._answer(`restore ${path} ${snapshot} ${mode}`, { name, undo });
  }

  async undo(path: string, undo: string) {
    return this._answer(`undo ${path} ${undo}`, undefined);
  }

  private _cleanUp(of: string, surveyed: () => ISurvey): ICleanUpFiles {
    return {
      survey: async () => this._answer(`${of}survey`, surveyed()),
      clean: async (items, mode) =>
        this._answer(`${of}clean ${items.join(' ')} ${mode}`, this.cleaned),
      undoCleanUp: async undo => this._answer(`${of}undo ${undo}`, this.undone),
      deletePermanently: async undo =>
        this._answer(`${of}delete ${undo}`, this.cleaned)
    };
  }

  private _answer<T>(name: string, answer: T): T {
    this.asked.push(name);
    if (this.failure) {
      throw new Error(this.failure);
    }
    return answer;
  }
}
