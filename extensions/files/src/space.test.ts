import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';

import type { ILogUsage } from '@mofang/shared';

import type { IRoot } from './model';
import {
  fullText,
  keepWarned,
  logPercentOf,
  logsText,
  newlyFull,
  percentOf,
  readWarned,
  sizeText,
  spaceLabel,
  spaceText
} from './space';

const trans = nullTranslator.load('');
const GIB = 2 ** 30;
const home: IRoot = {
  name: 'home',
  path: '/home/jovyan',
  bytes: 5 * GIB,
  files: 7,
  complete: true,
  limit: 10 * GIB,
  file_limit: null,
  enforced: true,
  storage_full: false
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

test('a limit of files counts as one of bytes does', () => {
  const crowded = { ...home, file_limit: 8 };
  assert.equal(percentOf(crowded), 87);
  assert.equal(
    spaceText(crowded, trans),
    '5.0 GiB of 10.0 GiB (50 %), 7 of 8 files and directories (87 %)'
  );
  const files = { ...crowded, limit: null };
  assert.equal(percentOf(files), 87);
  assert.match(spaceText(files, trans), /^5.0 GiB, without a limit, 7 of 8/);
});

const logs: ILogUsage = {
  bytes: 5 * GIB,
  complete: true,
  limit: 10 * GIB,
  enforced: true,
  own_bytes: GIB,
  own_complete: true,
  own_jobs: 3
};

test('logs of jobs are said with their budget and with what is of one’s own', () => {
  const say = (part: Partial<ILogUsage>) =>
    logsText({ ...logs, ...part }, trans);
  assert.equal(say({}), '5.0 GiB of 10.0 GiB (50 %), 1.0 GiB of your 3 jobs');
  assert.equal(
    say({ own_jobs: 1, own_complete: false }),
    '5.0 GiB of 10.0 GiB (50 %), at least 1.0 GiB of your 1 job'
  );
  assert.match(
    say({ own_jobs: 0, own_bytes: 0 }),
    /\(50 %\), nothing of yours$/
  );
  assert.match(say({ limit: null }), /^5.0 GiB, without a limit, 1.0 GiB of/);
  assert.match(say({ enforced: false }), /which this file system does not enf/);
  assert.equal(say({ bytes: null }), '1.0 GiB of your 3 jobs');
});

test('a budget that nothing enforces, or that nobody counts, has no meter', () => {
  assert.equal(logPercentOf(logs), 50);
  assert.equal(logPercentOf({ ...logs, bytes: 11 * GIB }), 100);
  assert.equal(logPercentOf({ ...logs, enforced: false }), null);
  assert.equal(logPercentOf({ ...logs, bytes: null }), null);
  assert.equal(logPercentOf({ ...logs, limit: null }), null);
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

test('a storage without room is full, whatever the limit', () => {
  const full = { ...home, storage_full: true };
  assert.equal(percentOf(full), 100);
  assert.equal(spaceLabel([home, full], trans), 'Storage is full');
  assert.match(fullText(full, trans), /^The storage is full for everybody/);
  assert.deepEqual(newlyFull([full], new Set()), [full]);
  assert.equal(percentOf({ ...full, enforced: false }), 100);
});

test('what is nearly full is told once, and again after it had room', () => {
  const warned = new Set<string>();
  const nearly = { ...home, bytes: 9 * GIB };
  assert.deepEqual(newlyFull([home], warned), []);
  assert.deepEqual(newlyFull([nearly], warned), [nearly]);
  assert.deepEqual(newlyFull([nearly], warned), []);
  newlyFull([home], warned);
  assert.deepEqual(newlyFull([nearly], warned), [nearly]);
  assert.match(fullText(nearly, trans), /^Home is nearly full: 9.0 GiB of/);
});

test('what is full is told once more', () => {
  const warned = new Set<string>();
  const [nearly, full] = [9, 11].map(size => ({ ...home, bytes: size * GIB }));
  newlyFull([nearly], warned);
  assert.deepEqual(newlyFull([full], warned), [full]);
  assert.deepEqual(newlyFull([nearly], warned), []);
  assert.match(fullText(full, trans), /so that nothing can be saved/);
  assert.deepEqual(newlyFull([full], new Set()), [full]);
});

test('another page of the browser warns of the same no more', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value)
  } as Storage;
  const full = { ...home, bytes: 11 * GIB };
  const first = readWarned(storage);
  assert.deepEqual(newlyFull([full], first), [full]);
  keepWarned(storage, first);
  assert.deepEqual(newlyFull([full], readWarned(storage)), []);
});
