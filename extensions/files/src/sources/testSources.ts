import type {
  IDataSources,
  IListing,
  IListingRequest,
  IObject,
  ISource
} from './model';

export const LAKE: ISource = {
  name: 'lake',
  kind: 'bucket',
  location: 's3://lake/raw'
};
export const SCANS: ISource = {
  name: 'scans',
  kind: 'directory',
  location: '/data/scans',
  read_only: true
};

/** An object of a listing. */
export function object(name: string, size = 1536): IObject {
  return { name, size, modified: '2026-11-30T04:00:00+00:00' };
}

/** A store in memory: what is asked of it is written down. */
export class FakeSources implements IDataSources {
  sources: ISource[] = [SCANS, LAKE];
  directories: Record<string, string[]> = { '': ['images', 'text'] };
  objects_: Record<string, IObject[]> = { '': [object('train.csv')] };
  page = 1000;
  failure = '';
  readonly asked: string[] = [];

  /** What a question waits for before it is answered. */
  gate: Promise<void> = Promise.resolve();

  async list(): Promise<ISource[]> {
    this._fail();
    return this.sources;
  }

  async objects({
    source,
    path,
    starts,
    after
  }: IListingRequest): Promise<IListing> {
    this.asked.push(`${source}:${path}${starts}@${after}`);
    const { gate } = this;
    await gate;
    this._fail();
    const begins = (name: string): boolean => name.startsWith(starts);
    const all = (this.objects_[path] ?? []).filter(({ name }) => begins(name));
    const first = Number(after);
    const next = first + this.page;
    return {
      directories: first ? [] : (this.directories[path] ?? []).filter(begins),
      objects: all.slice(first, next),
      next: next < all.length ? String(next) : null
    };
  }

  private _fail(): void {
    if (this.failure) {
      throw new Error(this.failure);
    }
  }
}
