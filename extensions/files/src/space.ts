import type { TranslationBundle } from '@jupyterlab/translation';
import type { ILogUsage } from '@mofang/shared';

import type { IRoot } from './model';

export const WARN_PERCENT = 90;

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const STEP = 1024;

/** Bytes as a person says them, such as `1.5 GiB`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit++;
  }
  return `${unit ? value.toFixed(1) : value} ${UNITS[unit]}`;
}

function share(used: number, limit: number): number {
  return Math.min(Math.floor((used * 100) / limit), 100);
}

/** Of the limit that is nearer, 100 at the most; null without one that is enforced. */
export function percentOf(root: IRoot): number | null {
  const { limit, file_limit, enforced, storage_full } = root;
  if (storage_full) {
    return 100;
  }
  if (!enforced || (limit === null && file_limit === null)) {
    return null;
  }
  return Math.max(
    limit === null ? 0 : share(root.bytes, limit),
    file_limit === null ? 0 : share(root.files, file_limit)
  );
}

export function rootName(root: IRoot, trans: TranslationBundle): string {
  return root.name === 'home' ? trans.__('Home') : trans.__('Project');
}

/** What the status bar shows: the home, or the project where that is fuller. */
export function spaceLabel(roots: IRoot[], trans: TranslationBundle): string {
  const fullest = [...roots].sort(
    (a, b) => (percentOf(b) ?? -1) - (percentOf(a) ?? -1)
  )[0];
  if (fullest.storage_full) {
    return trans.__('Storage is full');
  }
  const percent = percentOf(fullest);
  const name = rootName(fullest, trans);
  return percent === null
    ? `${name}: ${sizeText(fullest.bytes)}`
    : trans.__('%1: %2 % full', name, percent);
}

/** All that is known of one root, in words. */
export function spaceText(root: IRoot, trans: TranslationBundle): string {
  const used = atLeast(root.bytes, root.complete, trans);
  const { limit, file_limit, files, enforced } = root;
  const counted =
    file_limit !== null && enforced
      ? trans.__(
          '%1 of %2 files and directories (%3 %)',
          files,
          file_limit,
          share(files, file_limit)
        )
      : trans._n('%1 file or directory', '%1 files and directories', files);
  if (!enforced) {
    return trans.__(
      '%1, %2. This file system enforces no limit.',
      used,
      counted
    );
  }
  return limit === null
    ? trans.__('%1, without a limit, %2', used, counted)
    : trans.__(
        '%1 of %2 (%3 %), %4',
        used,
        sizeText(limit),
        share(root.bytes, limit),
        counted
      );
}

/** Of the budget for logs, 100 at the most; null without one that is enforced. */
export function logPercentOf(logs: ILogUsage): number | null {
  const { bytes, limit, enforced } = logs;
  return enforced && bytes !== null && limit ? share(bytes, limit) : null;
}

/** What the logs of a project take, in words. */
export function logsText(logs: ILogUsage, trans: TranslationBundle): string {
  const { bytes, complete, limit } = logs;
  const own = ownText(logs, trans);
  if (bytes === null) {
    return own;
  }
  const used = atLeast(bytes, complete, trans);
  const percent = logPercentOf(logs);
  if (percent !== null) {
    const size = sizeText(limit!);
    return trans.__('%1 of %2 (%3 %), %4', used, size, percent, own);
  }
  return limit
    ? trans.__(
        '%1 of %2, which this file system does not enforce, %3',
        used,
        sizeText(limit),
        own
      )
    : trans.__('%1, without a limit, %2', used, own);
}

function ownText(logs: ILogUsage, trans: TranslationBundle): string {
  const { own_bytes, own_complete, own_jobs } = logs;
  return own_jobs === 0
    ? trans.__('nothing of yours')
    : trans._n(
        '%2 of your %1 job',
        '%2 of your %1 jobs',
        own_jobs,
        atLeast(own_bytes, own_complete, trans)
      );
}

function atLeast(
  bytes: number,
  isComplete: boolean,
  trans: TranslationBundle
): string {
  const size = sizeText(bytes);
  return isComplete ? size : trans.__('at least %1', size);
}

/** What somebody is told whose files are out of reach. */
export function awayText(since: string, trans: TranslationBundle): string {
  return trans.__(
    'The storage has not answered since %1. What was saved is kept. Leave this page ' +
      'open: it has what you write, and JupyterLab saves that when the storage is back.',
    new Date(since).toLocaleTimeString()
  );
}

const WARNED = 'mofang-files:warned';

/** Which warnings were given, in whatever page of this browser. */
export function readWarned(storage: Storage): Set<string> {
  return new Set((storage.getItem(WARNED) ?? '').split(' ').filter(Boolean));
}

export function keepWarned(storage: Storage, warned: Set<string>): void {
  storage.setItem(WARNED, [...warned].join(' '));
}

/**
 * The roots that became nearly full, or full, and were not told of.
 *
 * @param warned - What was told; what has room again is taken out.
 */
export function newlyFull(roots: IRoot[], warned: Set<string>): IRoot[] {
  const fresh: IRoot[] = [];
  for (const root of roots) {
    const percent = percentOf(root) ?? 0;
    for (const level of [WARN_PERCENT, 100]) {
      const key = `${root.name}:${level}`;
      if (percent < level) {
        warned.delete(key);
      } else if (!warned.has(key)) {
        warned.add(key);
        if (!fresh.includes(root)) {
          fresh.push(root);
        }
      }
    }
  }
  return fresh;
}

/** What somebody is told whose home or project is nearly full. */
export function fullText(root: IRoot, trans: TranslationBundle): string {
  const [name, text] = [rootName(root, trans), spaceText(root, trans)];
  if (root.storage_full) {
    return trans.__(
      'The storage is full for everybody, so that nothing can be saved. ' +
        'What you delete gives room. Tell an administrator. %1 has %2.',
      name,
      text
    );
  }
  return percentOf(root) === 100
    ? trans.__('%1 is full, so that nothing can be saved: %2.', name, text)
    : trans.__('%1 is nearly full: %2.', name, text);
}
