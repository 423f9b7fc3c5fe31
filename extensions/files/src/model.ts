/** What the server half of this extension answers. */
import type { ILogUsage } from '@mofang/shared';

/** One directory with a quota of its own. */
export interface IRoot {
  name: 'home' | 'project';
  path: string;
  bytes: number;
  files: number;
  /** False where counting was ended early: both are minimum values then. */
  complete: boolean;
  /** Of bytes. */
  limit: number | null;
  /** Of files and directories. */
  file_limit: number | null;
  /** Whether the file system sees to a limit. */
  enforced: boolean;
  /** Whether nobody can write, whatever the limit: the file system has no room. */
  storage_full: boolean;
}

export interface ISpace {
  /** As last known while the storage is away. */
  roots: IRoot[];
  /** Since when the storage does not answer, ISO 8601; null if it does. */
  away_since: string | null;
}

/** What jobs take, beside the home and in it. */
export interface IJobUsage {
  /** Null where nobody says. */
  logs: ILogUsage | null;
  /** Of copies of code, which are in the home. */
  code_bytes: number;
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

/** Why something may be removed. */
export type ItemKind =
  | 'package_cache'
  | 'model_cache'
  | 'cache'
  | 'bytecode'
  | 'notebook_checkpoints'
  | 'trash'
  | 'replaced'
  | 'code'
  | 'checkpoint';

/** What is removed by one choice. */
export interface IItem {
  id: string;
  kind: ItemKind;
  /** Beneath the root; empty for all directories of a kind. */
  path: string;
  /** How many files and directories it is made of. */
  paths: number;
  bytes: number;
  files: number;
  complete: boolean;
  used: string | null;
  preselected: boolean;
  /** Open in this server, used within the last hour, or neither. */
  in_use: 'open' | 'recent' | '';
}

/** What becomes of what is removed. */
export type Mode = 'snapshot' | 'trash' | 'permanent';

/** A clean-up that can be undone. */
export interface ILastCleanUp {
  undo: string;
  at: string;
  mode: Mode;
  /** What was freed: nothing by moving to the Trash. */
  bytes: number;
  /** Beneath the root; the first of them. */
  paths: string[];
  count: number;
}

/** What takes the space of the home, or of the project's directory. */
export interface ISurvey {
  /** What people call it: `~`, or `/projects/vision`. */
  root: string;
  /** Those that the person may remove. */
  items: IItem[];
  /** Why that is nothing; empty where something may be removed. */
  reason: string;
  /** Whether somebody else may remove more. */
  restricted: boolean;
  directories: IDirectory[];
  /** False where there may be more. */
  complete: boolean;
  keeps_snapshots: boolean;
  last: ILastCleanUp | null;
}

export interface ISkipped {
  path: string;
  reason: string;
}

export interface ICleaned {
  bytes: number;
  removed: number;
  skipped: ISkipped[];
  /** Null where it cannot be undone. */
  undo: string | null;
}

export interface IUndone {
  restored: number;
  skipped: ISkipped[];
}

/** What is asked of one directory. */
export interface ICleanUpFiles {
  survey(): Promise<ISurvey>;
  clean(items: string[], mode: Mode): Promise<ICleaned>;
  undoCleanUp(undo: string): Promise<IUndone>;
  deletePermanently(undo: string): Promise<ICleaned>;
}

/** What the views ask. */
export interface IFiles {
  space(signal: AbortSignal): Promise<ISpace>;
  jobs(): Promise<IJobUsage>;
  readonly home: ICleanUpFiles;
  readonly project: ICleanUpFiles;
  versions(path: string): Promise<IVersions>;
  content(path: string, snapshot: string): Promise<IContent>;
  restore(
    path: string,
    snapshot: string,
    mode: RestoreMode
  ): Promise<IRestored>;
  undo(path: string, undo: string): Promise<void>;
}
