/** What a tab shows: one directory, several by name, or paths of the file browser. */
export type Selection =
  | { logdir: string }
  | { logdirs: Record<string, string> }
  | { paths: string[] };

/** Read the arguments of a command; null where they name no directory. */
export function selectionOf(args: Record<string, unknown>): Selection | null {
  const { logdir, logdirs, paths } = args;
  if (typeof logdir === 'string' && logdir) {
    return { logdir };
  }
  if (isTexts(logdirs)) {
    return { logdirs };
  }
  if (
    Array.isArray(paths) &&
    paths.length > 0 &&
    paths.every(path => typeof path === 'string')
  ) {
    return { paths };
  }
  return null;
}

/** Equal for selections that show the same, whatever the order of their names. */
export function selectionKey(selection: Selection): string {
  if ('logdir' in selection) {
    return JSON.stringify(['logdir', trimmed(selection.logdir)]);
  }
  if ('logdirs' in selection) {
    const named = Object.entries(selection.logdirs).sort(([a], [b]) =>
      a < b ? -1 : 1
    );
    return JSON.stringify(['logdirs', ...named]);
  }
  return JSON.stringify(['paths', ...[...selection.paths].sort()]);
}

/** What to call a selection where nobody has given it a title: `runs, other`. */
export function selectionName(selection: Selection): string {
  if ('logdir' in selection) {
    return lastPart(selection.logdir);
  }
  return 'logdirs' in selection
    ? Object.keys(selection.logdirs).join(', ')
    : selection.paths.map(lastPart).join(', ');
}

/** All of a selection, for a tool tip: one line for each directory. */
export function selectionText(selection: Selection): string {
  if ('logdir' in selection) {
    return selection.logdir;
  }
  return 'logdirs' in selection
    ? Object.entries(selection.logdirs)
        .map(([name, path]) => `${name}: ${path}`)
        .join('\n')
    : selection.paths.map(path => `/${path}`).join('\n');
}

function isTexts(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    Object.values(value).every(path => typeof path === 'string')
  );
}

function trimmed(path: string): string {
  return path.replace(/(.)\/+$/, '$1');
}

function lastPart(path: string): string {
  return trimmed(path).split('/').pop() || '/';
}
