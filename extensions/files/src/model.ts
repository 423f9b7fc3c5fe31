/** What the server half of this extension answers. */

/** One directory with a quota of its own. */
export interface IRoot {
  name: 'home' | 'project';
  path: string;
  bytes: number;
  files: number;
  /** False where counting was ended early: both are minimum values then. */
  complete: boolean;
  limit: number | null;
  /** Whether the file system sees to a limit. */
  enforced: boolean;
}

export interface IDirectory {
  path: string;
  bytes: number;
  complete: boolean;
}

export interface IVersion {
  snapshot: string;
  taken: string;
  modified: string;
  size: number;
  is_directory: boolean;
  /** Whether it is as it is now. */
  current: boolean;
}

export interface IDeleted {
  name: string;
  snapshot: string;
  taken: string;
  is_directory: boolean;
}

export interface IVersions {
  /** Why there are none; empty where the file system keeps some. */
  reason: string;
  versions: IVersion[];
  deleted: IDeleted[];
}

export interface IContent {
  text: string;
  /** Null where there is nothing to compare with. */
  difference: string | null;
}

export type RestoreMode = 'beside' | 'in_place';

export interface IRestored {
  name: string;
  undo: string | null;
}

/** What the views ask. */
export interface IFiles {
  space(): Promise<IRoot[]>;
  largest(): Promise<IDirectory[]>;
  versions(path: string): Promise<IVersions>;
  content(path: string, snapshot: string): Promise<IContent>;
  restore(
    path: string,
    snapshot: string,
    mode: RestoreMode
  ): Promise<IRestored>;
  undo(path: string, undo: string): Promise<void>;
}
