import { brokenRules, trans } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { cleanup, render, screen } from '@testing-library/react';
import * as React from 'react';

import { press } from '../../shared/testing/controls';
import type { IVersion } from './model';
import { FakeFiles } from './testFiles';
import { timeText, VersionsPanel } from './versions';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });
afterEach(cleanup);

const PATH = 'home/jovyan/train.py';
const SNAPSHOT = '_mofang-hourly-20261130T040000Z_1';
const version: IVersion = {
  snapshot: SNAPSHOT,
  taken: '2026-11-30T04:00:00+00:00',
  modified: '2026-11-30T03:00:00+00:00',
  size: 1536,
  is_directory: false,
  current: false
};
const time = timeText(version.taken);

function panel(files: FakeFiles, path = PATH) {
  let changes = 0;
  const bundle = trans as unknown as TranslationBundle;
  const { container } = render(
    <VersionsPanel
      path={path}
      files={files}
      changed={() => changes++}
      trans={bundle}
    />
  );
  return { container, changes: () => changes };
}

function withVersions(): FakeFiles {
  const files = new FakeFiles();
  files.found = { reason: '', versions: [version], deleted: [] };
  return files;
}

test('versions are a table by time, with size', async () => {
  const { container } = panel(withVersions());
  const table = await screen.findByRole('table', { name: 'Versions' });
  assert.match(table.textContent ?? '', /1\.5 KiB/);
  assert.ok(screen.getByRole('rowheader', { name: time }));
  assert.deepEqual(await brokenRules(container), []);
});

test('a version is shown, and compared with what is there', async () => {
  panel(withVersions());
  await press(`Show the version of ${time}`);
  assert.ok(await screen.findByText('old text'));
  await press(`Compare with ${time}`);
  assert.ok(await screen.findByText(/\+new text/));
});

test('a version is restored beside', async () => {
  const files = withVersions();
  const { changes } = panel(files);
  await press(`Restore ${time} beside`);
  assert.ok(await screen.findByText(/Restored beside, as train\.py/));
  assert.ok(files.asked.includes(`restore ${PATH} ${SNAPSHOT} beside`));
  assert.equal(changes(), 1);
  assert.equal(screen.queryByRole('button', { name: 'Undo' }), null);
});

test('one click undoes what was restored in place', async () => {
  const files = withVersions();
  panel(files);
  await press(`Restore ${time} in place`);
  await press('Undo');
  assert.ok(await screen.findByText('All is as it was before.'));
  assert.ok(files.asked.includes(`undo ${PATH} 0123456789abcdef`));
});

test('what a directory has lost is listed and restored', async () => {
  const files = new FakeFiles();
  const { snapshot, taken } = version;
  files.found = {
    reason: '',
    versions: [],
    deleted: [{ name: 'lost.ipynb', snapshot, taken, is_directory: false }]
  };
  panel(files, 'home/jovyan/src');
  await press('Restore lost.ipynb');
  assert.ok(await screen.findByText(/lost\.ipynb was restored/));
  assert.ok(
    files.asked.includes(
      `restore home/jovyan/src/lost.ipynb ${SNAPSHOT} in_place`
    )
  );
});

test('a home has lost files although it has no versions itself', async () => {
  const files = new FakeFiles();
  const { snapshot, taken } = version;
  files.found.deleted = [{ name: 'old', snapshot, taken, is_directory: true }];
  panel(files, 'home/jovyan');
  assert.ok(await screen.findByRole('table', { name: 'Deleted' }));
  assert.equal(screen.queryByText(/No snapshot has it yet/), null);
});

test('what no snapshot has yet is said', async () => {
  panel(new FakeFiles());
  assert.ok(await screen.findByText(/No snapshot has it yet/));
});

test('where there are no snapshots it says so', async () => {
  const files = new FakeFiles();
  files.found.reason = 'This file system keeps no previous versions.';
  panel(files);
  assert.ok(await screen.findByText(files.found.reason));
  assert.equal(screen.queryByRole('table'), null);
});

test('a refusal is an alert', async () => {
  const files = new FakeFiles();
  files.failure = 'The disk is full.';
  panel(files);
  assert.equal(
    (await screen.findByRole('alert')).textContent,
    'The disk is full.'
  );
});
