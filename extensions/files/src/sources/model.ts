/** What the server half answers of data sources. */

/** Large data beside home and project. */
export interface ISource {
  name: string;
  kind: 'directory' | 'bucket';
  /** Its path, or its URL for programs. */
  location: string;
  /** Of directories. */
  read_only?: boolean;
}

export interface IObject {
  name: string;
  size: number;
  /** ISO 8601. */
  modified: string;
}

/** A page of what is at a path of a bucket, in the order of the store. */
export interface IListing {
  /** Names without a slash. */
  directories: string[];
  objects: IObject[];
  /** Asks for the next page; null at the end. */
  next: string | null;
}

/** Which part of a bucket is listed. */
export interface IListingRequest {
  source: string;
  /** Empty, or with a slash at its end. */
  path: string;
  /** How names begin. */
  starts: string;
  /** What the page before named as its next; empty for the first one. */
  after: string;
}

/** Answers questions about data sources. */
export interface IDataSources {
  /** @throws Error with a sentence, as the others do. */
  list(): Promise<ISource[]>;
  objects(request: IListingRequest, signal: AbortSignal): Promise<IListing>;
}

/** One row of the browser. */
export type Entry =
  | { kind: 'source'; name: string; source: ISource }
  | { kind: 'directory'; name: string }
  | { kind: 'object'; name: string; object: IObject };
