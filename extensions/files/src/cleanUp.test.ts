import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';

import {
  itemName,
  kindHelp,
  kindText,
  modeText,
  outcomeText,
  removable,
  requestOf,
  sorted,
  totalText,
  type IOutcome,
  type ICleanedRoot
} from './cleanUp';
import type { ItemKind } from './model';
import { item } from './testFiles';

const trans = nullTranslator.load('');
const home: ICleanedRoot = { name: 'home', path: '~' };
const project: ICleanedRoot = { name: 'project', path: '/projects/vision' };
const GIB = 2 ** 30;
const pip = item({ bytes: 2 * GIB });
const runs = item({
  kind: 'checkpoint',
  path: 'runs/checkpoint-5',
  bytes: 5 * GIB,
  used: '2026-11-20T08:00:00+00:00',
  in_use: 'recent'
});
const trash = item({ kind: 'trash', path: '.local/share/Trash', bytes: 1024 });
const done: IOutcome = {
  act: 'clean',
  mode: 'snapshot',
  bytes: 3.2 * GIB,
  count: 2,
  skipped: [],
  undo: null
};

test('each kind is named and explained', () => {
  const kinds: ItemKind[] = [
    'package_cache',
    'model_cache',
    'cache',
    'bytecode',
    'notebook_checkpoints',
    'trash',
    'replaced',
    'code',
    'checkpoint'
  ];
  const names = kinds.map(kind => kindText(kind, trans));
  assert.equal(new Set(names).size, kinds.length);
  assert.ok(kinds.every(kind => kindHelp(kind, trans).endsWith('.')));
});

test('directories of one kind are counted, others named by their path', () => {
  const compiled = item({ kind: 'bytecode', path: '', paths: 7 });
  assert.equal(itemName(compiled, home, trans), '7 directories __pycache__');
  assert.equal(itemName(runs, home, trans), '~/runs/checkpoint-5');
});

test('items are sorted by each column, both ways', () => {
  const items = [pip, runs, trash];
  const order = (column: 'name' | 'kind' | 'bytes' | 'used', down: boolean) =>
    sorted(items, { column, descending: down }, home, trans).map(each =>
      items.indexOf(each)
    );
  assert.deepEqual(order('bytes', true), [1, 0, 2]);
  assert.deepEqual(order('bytes', false), [2, 0, 1]);
  assert.deepEqual(order('used', true), [1, 0, 2]);
  assert.deepEqual(order('kind', false), [0, 1, 2]);
  assert.equal(
    sorted(items, { column: 'name', descending: true }, home, trans)[0],
    runs
  );
});

test('the total says what is had back', () => {
  assert.equal(totalText([], 'snapshot', trans), 'Nothing is selected.');
  assert.equal(
    totalText([pip, runs], 'snapshot', trans),
    '2 selected, frees 7.0 GiB'
  );
  assert.equal(totalText([pip], 'trash', trans), '1 selected, 2.0 GiB');
  const part = { ...pip, complete: false };
  assert.equal(
    totalText([part], 'permanent', trans),
    '1 selected, frees at least 2.0 GiB'
  );
});

test('the Trash is not moved to the Trash', () => {
  assert.deepEqual(removable([pip, trash], 'trash'), [pip]);
  assert.deepEqual(removable([pip, trash], 'permanent'), [pip, trash]);
});

test('what is to be confirmed names all that goes, and why to look twice', () => {
  assert.deepEqual(requestOf([pip, runs], 'permanent', home, trans), {
    root: home,
    mode: 'permanent',
    names: ['~/.cache/pip (2.0 GiB)', '~/runs/checkpoint-5 (5.0 GiB)'],
    total: '2 selected, frees 7.0 GiB',
    warnings: [
      '~/runs/checkpoint-5: used within the last hour',
      'Your work: nothing makes it again but the training.'
    ]
  });
  assert.doesNotMatch(requestOf([pip], 'trash', home, trans).total, /frees/);
  assert.match(modeText('trash', home, trans), /as much space as before/);
});

test('of a project the whole path is named, and that others use it', () => {
  const { names, warnings } = requestOf([runs], 'snapshot', project, trans);
  assert.deepEqual(names, ['/projects/vision/runs/checkpoint-5 (5.0 GiB)']);
  assert.match(warnings.at(-1) ?? '', /Servers and jobs of others/);
  assert.match(modeText('snapshot', project, trans), /project’s directory/);
  assert.match(modeText('snapshot', home, trans), /your home/);
});

test('what was done is told without promising more', () => {
  const reported = (part: Partial<IOutcome>) =>
    outcomeText({ ...done, ...part }, trans);
  assert.equal(reported({}), 'Cleaned up. That freed 3.2 GiB.');
  assert.match(reported({ mode: 'trash', bytes: 0 }), /still takes its space/);
  assert.match(
    reported({ mode: 'permanent' }),
    /permanently. That freed 3.2 GiB/
  );
  assert.match(
    reported({ act: 'delete', mode: 'trash' }),
    /^Deleted permanently/
  );
  assert.equal(reported({ count: 0 }), 'Nothing was removed.');
  assert.equal(reported({ act: 'undo' }), 'Put back: 2.');
  assert.equal(reported({ act: 'undo', count: 0 }), 'Nothing was put back.');
});
