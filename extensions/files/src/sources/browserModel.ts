import { VDomModel } from '@jupyterlab/ui-components';

import type { Entry, IDataSources, IListing, ISource } from './model';

/** What a person does with an entry that is not another place to look at. */
export interface IEntryActions {
  /** Show a directory that is mounted. */
  showDirectory: (source: ISource) => void;
  openObject: (source: ISource, path: string) => void;
}

/** Where the browser is: a path of a bucket, or the list of sources. */
export interface IPosition {
  source: ISource | null;
  /** Empty, or with a slash at its end. */
  path: string;
}

/** What the browser of data sources shows. */
export class SourceBrowserModel extends VDomModel {
  /** What is wrong; empty if nothing is. */
  failure = '';
  isBusy = false;

  constructor(
    private _sources: IDataSources,
    private _actions: IEntryActions
  ) {
    super();
  }

  get position(): IPosition {
    return this._position;
  }

  /** How the names begin that are listed. */
  get starts(): string {
    return this._starts;
  }

  get entries(): readonly Entry[] {
    return this._entries;
  }

  /** Whether the store has more than what is listed. */
  get hasMore(): boolean {
    return this._next !== null;
  }

  /** Row that keys and commands act on. */
  get active(): number {
    return Math.min(this._active, Math.max(0, this._entries.length - 1));
  }

  get activeEntry(): Entry | undefined {
    return this._entries[this.active];
  }

  /** The URL of an entry for programs, or the path of a directory that is mounted. */
  location(entry: Entry): string {
    if (entry.kind === 'source') {
      return entry.source.location;
    }
    const { source, path } = this._position;
    const end = entry.kind === 'directory' ? '/' : '';
    return `${source!.location}/${path}${entry.name}${end}`;
  }

  setActive(row: number): void {
    this._active = row;
    this.stateChanged.emit();
  }

  /** Look at a place; what was listed before stays until its first page is there. */
  go(position: IPosition): Promise<void> {
    return this._show(position);
  }

  /** Leave a directory or bucket; the row that was entered by is the active one. */
  async up(): Promise<void> {
    const { source, path } = this._position;
    if (source === null) {
      return;
    }
    const parts = path.split('/').slice(0, -1);
    const from = parts.pop();
    const above: IPosition =
      from === undefined
        ? { source: null, path: '' }
        : { source, path: parts.map(part => `${part}/`).join('') };
    const name = from ?? source.name;
    await this._show(above);
    const row = this._entries.findIndex(entry => entry.name === name);
    this.setActive(Math.max(0, row));
  }

  /** Do with an entry what Enter does. */
  async open(entry: Entry): Promise<void> {
    const { source, path } = this._position;
    switch (entry.kind) {
      case 'source':
        if (entry.source.kind === 'directory') {
          this._actions.showDirectory(entry.source);
          return;
        }
        return this.go({ source: entry.source, path: '' });
      case 'directory':
        return this.go({ source, path: `${path}${entry.name}/` });
      case 'object':
        this._actions.openObject(source!, path + entry.name);
    }
  }

  /** List only names that begin so: the store finds them among millions. */
  filter(starts: string): Promise<void> {
    return this._show(this._position, starts);
  }

  refresh(): Promise<void> {
    return this._show(this._position, this._starts);
  }

  /** List the next page, too. */
  async more(): Promise<void> {
    if (this._next === null || this.isBusy) {
      return;
    }
    const after = this._next;
    await this._work(async signal => {
      const page = await this._page(
        this._position,
        this._starts,
        after,
        signal
      );
      this._add(page);
    });
  }

  private _show(position: IPosition, starts = ''): Promise<void> {
    return this._work(async signal => {
      if (position.source === null) {
        const sources = await this._sources.list();
        signal.throwIfAborted();
        this._become(position, starts);
        this._entries = sources
          .filter(({ name }) => name.startsWith(starts))
          .map(source => ({ kind: 'source', name: source.name, source }));
      } else {
        const page = await this._page(position, starts, '', signal);
        this._become(position, starts);
        this._add(page);
      }
    });
  }

  private _become(position: IPosition, starts: string): void {
    const { source, path } = this._position;
    if (position.path !== path || position.source?.name !== source?.name) {
      this._active = 0;
    }
    this._position = position;
    this._starts = starts;
    this._entries = [];
    this._next = null;
  }

  private async _page(
    { source, path }: IPosition,
    starts: string,
    after: string,
    signal: AbortSignal
  ): Promise<IListing> {
    const request = { source: source!.name, path, starts, after };
    const page = await this._sources.objects(request, signal);
    signal.throwIfAborted();
    return page;
  }

  /** Directories stay first; both are in the store's order. */
  private _add({ directories, objects, next }: IListing): void {
    const first = this._entries.filter(({ kind }) => kind === 'directory');
    const last = this._entries.slice(first.length);
    if (this._active >= first.length && last.length > 0) {
      this._active += directories.length;
    }
    this._entries = [
      ...first,
      ...directories.map((name): Entry => ({ kind: 'directory', name })),
      ...last,
      ...objects.map((object): Entry => ({
        kind: 'object',
        name: object.name,
        object
      }))
    ];
    this._next = next;
  }

  /** Do one thing at a time: a newer question takes the place of the one before. */
  private async _work(
    work: (signal: AbortSignal) => Promise<void>
  ): Promise<void> {
    this._asking.abort();
    const asking = new AbortController();
    this._asking = asking;
    this.isBusy = true;
    this.failure = '';
    this.stateChanged.emit();
    try {
      await work(asking.signal);
    } catch (reason) {
      if (!asking.signal.aborted) {
        this.failure = (reason as Error).message;
      }
    } finally {
      if (this._asking === asking) {
        this.isBusy = false;
        this.stateChanged.emit();
      }
    }
  }

  private _asking = new AbortController();
  private _position: IPosition = { source: null, path: '' };
  private _starts = '';
  private _entries: Entry[] = [];
  private _next: string | null = null;
  private _active = 0;
}
