import type { TranslationBundle } from '@jupyterlab/translation';

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

/** Of the limit, 100 at the most; null without one that is enforced. */
export function percentOf(root: IRoot): number | null {
  return root.limit !== null && root.enforced
    ? Math.min(Math.floor((root.bytes * 100) / root.limit), 100)
    : null;
}

export function rootName(root: IRoot, trans: TranslationBundle): string {
  return root.name === 'home' ? trans.__('Home') : trans.__('Project');
}

/** What the status bar shows: the home, or the project where that is fuller. */
export function spaceLabel(roots: IRoot[], trans: TranslationBundle): string {
  const fullest = [...roots].sort(
    (a, b) => (percentOf(b) ?? -1) - (percentOf(a) ?? -1)
  )[0];
  const percent = percentOf(fullest);
  const name = rootName(fullest, trans);
  return percent === null
    ? `${name}: ${sizeText(fullest.bytes)}`
    : trans.__('%1: %2 % full', name, percent);
}

/** All that is known of one root, in words. */
export function spaceText(root: IRoot, trans: TranslationBundle): string {
  const used = root.complete
    ? sizeText(root.bytes)
    : trans.__('at least %1', sizeText(root.bytes));
  const files = trans.__('%1 files and directories', root.files);
  const percent = percentOf(root);
  if (percent !== null) {
    const limit = sizeText(root.limit!);
    return trans.__('%1 of %2 (%3 %), %4', used, limit, percent, files);
  }
  return root.enforced
    ? trans.__('%1, %2, without a limit', used, files)
    : trans.__('%1, %2. This file system enforces no limit.', used, files);
}

/** The roots that are nearly full and were not told of; what has room is forgotten. */
export function newlyFull(roots: IRoot[], known: Set<string>): IRoot[] {
  const full = roots.filter(root => (percentOf(root) ?? 0) >= WARN_PERCENT);
  const fresh = full.filter(root => !known.has(root.name));
  known.clear();
  full.forEach(root => known.add(root.name));
  return fresh;
}
