import type { TranslationBundle } from '@jupyterlab/translation';

import type { IItem, ISkipped, ItemKind, Mode } from './model';
import { sizeText } from './space';

/** What is cleaned up. */
export interface ICleanedRoot {
  name: 'home' | 'project';
  /** What people call it: `~`, or `/projects/vision`. */
  path: string;
}

export type Column = 'name' | 'kind' | 'bytes' | 'used';

export interface ISorting {
  column: Column;
  descending: boolean;
}

/** What has been done, as it is told. */
export interface IOutcome {
  act: 'clean' | 'undo' | 'delete';
  mode: Mode;
  bytes: number;
  count: number;
  skipped: ISkipped[];
  /** Null where it cannot be undone. */
  undo: string | null;
}

export function kindText(kind: ItemKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'package_cache':
      return trans.__('Package cache');
    case 'model_cache':
      return trans.__('Models and data sets');
    case 'cache':
      return trans.__('Cache');
    case 'bytecode':
      return trans.__('Compiled Python');
    case 'notebook_checkpoints':
      return trans.__('Notebook checkpoints');
    case 'trash':
      return trans.__('Trash');
    case 'replaced':
      return trans.__('Replaced by a restoration');
    case 'code':
      return trans.__('Copies of code of jobs');
    case 'checkpoint':
      return trans.__('Training checkpoint');
  }
}

/** What its removal means for a person. */
export function kindHelp(kind: ItemKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'package_cache':
    case 'cache':
    case 'bytecode':
      return trans.__('Made again when it is needed.');
    case 'model_cache':
      return trans.__('Downloaded again when it is needed.');
    case 'notebook_checkpoints':
      return trans.__(
        '“Revert Notebook to Checkpoint” has none until you save.'
      );
    case 'trash':
      return trans.__('Was deleted before.');
    case 'replaced':
      return trans.__('Restorations can be undone no more.');
    case 'code':
      return trans.__('No job needs them; jobs that ended cannot run again.');
    case 'checkpoint':
      return trans.__('Your work: nothing makes it again but the training.');
  }
}

/** What a path beneath a root is called. */
export function pathName(root: ICleanedRoot, path: string): string {
  return `${root.path}/${path}`;
}

/** What an item is called. */
export function itemName(
  item: IItem,
  root: ICleanedRoot,
  trans: TranslationBundle
): string {
  if (item.path) {
    return pathName(root, item.path);
  }
  return item.kind === 'bytecode'
    ? trans._n(
        '%1 directory __pycache__',
        '%1 directories __pycache__',
        item.paths
      )
    : trans._n(
        '%1 directory .ipynb_checkpoints',
        '%1 directories .ipynb_checkpoints',
        item.paths
      );
}

export function itemSize(item: IItem, trans: TranslationBundle): string {
  const size = sizeText(item.bytes);
  return item.complete ? size : trans.__('at least %1', size);
}

/** Why to look twice before an item is removed; empty where there is no reason. */
export function useText(item: IItem, trans: TranslationBundle): string {
  switch (item.in_use) {
    case 'open':
      return trans.__('open in this server');
    case 'recent':
      return trans.__('used within the last hour');
    default:
      return '';
  }
}

/** The items in an order; of equal ones the larger first. */
export function sorted(
  items: IItem[],
  { column, descending }: ISorting,
  root: ICleanedRoot,
  trans: TranslationBundle
): IItem[] {
  const key = (item: IItem): string | number => {
    switch (column) {
      case 'name':
        return itemName(item, root, trans);
      case 'kind':
        return kindText(item.kind, trans);
      case 'bytes':
        return item.bytes;
      case 'used':
        return item.used ?? '';
    }
  };
  const sign = descending ? -1 : 1;
  return [...items].sort((a, b) => {
    const [first, second] = [key(a), key(b)];
    const order =
      typeof first === 'number'
        ? first - (second as number)
        : first.localeCompare(second as string);
    return sign * order || b.bytes - a.bytes;
  });
}

/** Those of the items that a mode removes: the Trash is not moved to itself. */
export function removable(items: IItem[], mode: Mode): IItem[] {
  return mode === 'trash' ? items.filter(each => each.kind !== 'trash') : items;
}

/** What is had back, such as `2 selected, frees 3.2 GiB`. */
export function totalText(
  items: IItem[],
  mode: Mode,
  trans: TranslationBundle
): string {
  if (items.length === 0) {
    return trans.__('Nothing is selected.');
  }
  const bytes = sizeText(items.reduce((sum, each) => sum + each.bytes, 0));
  const size = items.every(each => each.complete)
    ? bytes
    : trans.__('at least %1', bytes);
  return mode === 'trash'
    ? trans.__('%1 selected, %2', items.length, size)
    : trans.__('%1 selected, frees %2', items.length, size);
}

/** What a person is asked to confirm. */
export interface IRequest {
  root: ICleanedRoot;
  mode: Mode;
  /** Of what goes. */
  names: string[];
  /** What that gives back; empty where nobody knows. */
  total: string;
  /** Reasons to look twice. */
  warnings: string[];
}

export function requestOf(
  items: IItem[],
  mode: Mode,
  root: ICleanedRoot,
  trans: TranslationBundle
): IRequest {
  const isUnmade = (item: IItem) => item.kind === 'checkpoint';
  return {
    root,
    mode,
    names: items.map(
      each => `${itemName(each, root, trans)} (${itemSize(each, trans)})`
    ),
    total: totalText(items, mode, trans),
    warnings: [
      ...items
        .filter(each => each.in_use)
        .map(each => `${itemName(each, root, trans)}: ${useText(each, trans)}`),
      ...items
        .filter(isUnmade)
        .slice(0, 1)
        .map(each => kindHelp(each.kind, trans)),
      ...(root.name === 'project'
        ? [
            trans.__(
              'Servers and jobs of others may be using it: that is not seen from here.'
            )
          ]
        : [])
    ]
  };
}

/** What a mode means. */
export function modeText(
  mode: Mode,
  { name }: ICleanedRoot,
  trans: TranslationBundle
): string {
  switch (mode) {
    case 'snapshot':
      return name === 'home'
        ? trans.__(
            'A snapshot of your home is taken before, so that you can undo this.'
          )
        : trans.__(
            'A snapshot of the project’s directory is taken before, so that this can be undone.'
          );
    case 'trash':
      return trans.__(
        'What is in the Trash takes as much space as before, until you delete it permanently. Until then you can undo this.'
      );
    case 'permanent':
      return trans.__('This cannot be undone.');
  }
}

export function outcomeText(
  { act, mode, bytes, count }: IOutcome,
  trans: TranslationBundle
): string {
  const size = sizeText(bytes);
  if (act === 'undo') {
    return count === 0
      ? trans.__('Nothing was put back.')
      : trans.__('Put back: %1.', count);
  }
  if (count === 0) {
    return trans.__('Nothing was removed.');
  }
  if (act === 'delete' || mode === 'permanent') {
    return trans.__('Deleted permanently. That freed %1.', size);
  }
  return mode === 'trash'
    ? trans.__('Moved to the Trash, where it still takes its space.')
    : trans.__('Cleaned up. That freed %1.', size);
}
