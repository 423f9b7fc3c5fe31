/** What the server half answers about links. */

/** What a link names, as it stands in JupyterLab's address. */
export interface ILinkedContent {
  /** HTTPS address of a git repository. */
  repository: string;
  /** Empty for the repository's default. */
  branch: string;
  /** Of what to open in the clone; empty for nothing. */
  path: string;
}

/** A link that nobody has agreed to yet. */
export interface IQuestion {
  state: 'asks';
  host: string;
  /** Name of the clone in the home. */
  directory: string;
}

/** How a clone goes on. */
export interface ICloneStatus {
  state: 'running' | 'done' | 'failed';
  id: string;
  /** Why it failed. */
  message: string;
  directory: string;
  /** Whether a clone was there before. */
  is_update: boolean;
  /** New names of the person's files that were in the way. */
  renamed: string[];
  /** What git said last. */
  lines: string[];
  /** Path in the file browser; null where that does not show it. */
  opens: string | null;
  /** Whether what the link names is not in the repository. */
  is_missing: boolean;
}

/** What a link to a file says. */
export interface ILinkParts {
  arguments: Record<string, string>;
  /** Why others may not find what it leads to; empty where they do. */
  note: string;
}

export interface IExample {
  name: string;
  title: string;
  description: string;
}

export interface ICopiedExample {
  /** Paths in the file browser; null where that does not show them. */
  directory: string | null;
  opens: string | null;
  /** Whether it was copied before; it is as it was then. */
  was_there: boolean;
}

/** What the plugins ask. */
export interface ILinkServer {
  clone(
    link: ILinkedContent,
    isConfirmed: boolean
  ): Promise<IQuestion | ICloneStatus>;
  cloneStatus(id: string, path: string): Promise<ICloneStatus>;
  link(path: string): Promise<ILinkParts>;
  examples(): Promise<IExample[]>;
  copyExample(name: string): Promise<ICopiedExample>;
}

const PREFIX = 'mofang-';

/** What the address of the page asks for; null for nothing. */
export function parseLink(search: string): ILinkedContent | null {
  const given = new URLSearchParams(search);
  const [repository, branch, path] = ['repository', 'branch', 'path'].map(
    name => given.get(PREFIX + name) ?? ''
  );
  return repository ? { repository, branch, path } : null;
}

/** The address without what was asked for, so that a reload does not ask again. */
export function withoutLink(href: string): string {
  const url = new URL(href);
  for (const name of [...url.searchParams.keys()]) {
    if (name.startsWith(PREFIX)) {
      url.searchParams.delete(name);
    }
  }
  return url.href;
}

/** A link by which others open a file in an environment of theirs. */
export function linkAddress(parts: ILinkParts, hubUrl: string): string {
  const query = new URLSearchParams(parts.arguments).toString();
  return `${hubUrl.replace(/\/$/, '')}/spawn?${query}`;
}
