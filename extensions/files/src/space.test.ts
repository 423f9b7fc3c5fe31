import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';

import type { IRoot } from './model';
import { newlyFull, percentOf, sizeText, spaceLabel, spaceText } from './space';

const trans = nullTranslator.load('');
const GIB = 2 ** 30;
const home: IRoot = {
  name: 'home',
  path: '/home/jovyan',
  bytes: 5 * GIB,
  files: 7,
  complete: true,
  limit: 10 * GIB,
  enforced: true
};

test('sizes are said as people say them', () => {
  assert.deepEqual([0, 1023, 1536, 5 * GIB].map(sizeText), [
    '0 B',
    '1023 B',
    '1.5 KiB',
    '5.0 GiB'
  ]);
});

test('usage is said with its limit', () => {
  assert.equal(
    spaceText(home, trans),
    '5.0 GiB of 10.0 GiB (50 %), 7 files and directories'
  );
});

test('where nothing enforces a limit it says so', () => {
  const plain = { ...home, limit: null, enforced: false, complete: false };
  assert.equal(
    spaceText(plain, trans),
    'at least 5.0 GiB, 7 files and directories. This file system enforces no limit.'
  );
  assert.equal(percentOf(plain), null);
});

test('the label is that of the fuller one', () => {
  const project: IRoot = { ...home, name: 'project', bytes: 9 * GIB };
  assert.equal(spaceLabel([home], trans), 'Home: 50 % full');
  assert.equal(spaceLabel([home, project], trans), 'Project: 90 % full');
});

test('what is nearly full is told once, and again after it had room', () => {
  const known = new Set<string>();
  const full = { ...home, bytes: 9 * GIB };
  assert.deepEqual(newlyFull([home], known), []);
  assert.deepEqual(newlyFull([full], known), [full]);
  assert.deepEqual(newlyFull([full], known), []);
  newlyFull([home], known);
  assert.deepEqual(newlyFull([full], known), [full]);
});
