import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen } from '@testing-library/react';

import { press } from '../../../shared/testing/controls';
import { attach, clear, disposable, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import type { IPackages } from '../model/packages';
import { PackagesModel } from './model';
import { packagesBody, PackagesItem } from './view';

afterEach(clear);

const unchanged: IPackages = {
  environment: 'pytorch',
  path: '/home/jovyan/.mofang/packages',
  state: 'ready',
  changes: [],
  notice: ''
};

const changed: IPackages = {
  ...unchanged,
  changes: [
    { name: 'rich', kind: 'added', version: '14.0', image_version: '' },
    { name: 'numpy', kind: 'changed', version: '2.1', image_version: '2.0' },
    { name: 'attrs', kind: 'removed', version: '', image_version: '25.1' }
  ],
  notice: 'The image is newer: changes were applied to it again.'
};

function item(server: FakeServer) {
  let count = 0;
  const model = disposable(new PackagesModel(server.settings));
  const widget = attach(new PackagesItem(model, () => count++, trans));
  return { model, widget, opened: () => count };
}

test('the item is absent until the server has answered', async () => {
  const server = new FakeServer();
  server.answer('GET packages', () => changed);
  const { model, opened, widget } = item(server);
  assert.equal(screen.queryByRole('button'), null);
  await model.refresh();
  await press('Packages: 3 changed');
  assert.equal(opened(), 1);
  assert.deepEqual(await brokenRules(widget.node), []);
});

test('off the platform there is no item', async () => {
  const { model } = item(new FakeServer());
  await model.refresh();
  assert.equal(model.packages, null);
  assert.equal(screen.queryByRole('button'), null);
});

test('what was known stays where the server does not answer', async () => {
  const server = new FakeServer();
  server.answer('GET packages', () => changed);
  const { model } = item(server);
  await model.refresh();
  server.answer('GET packages', () => refusal(503, 'The server restarts.'));
  await model.refresh();
  assert.ok(await screen.findByRole('button', { name: 'Packages: 3 changed' }));
});

test('undoing shows the packages of the image', async () => {
  const server = new FakeServer();
  server.answer('GET packages', () => changed);
  server.answer('DELETE packages', () => unchanged);
  const { model } = item(server);
  await model.refresh();
  await model.reset();
  assert.ok(await screen.findByRole('button', { name: 'Packages: unchanged' }));
});

test('a refused undo rejects with the sentence of the server', async () => {
  const server = new FakeServer();
  server.answer('GET packages', () => changed);
  server.answer('DELETE packages', () =>
    refusal(507, 'Your home is full. Remove files, then undo again.')
  );
  const { model } = item(server);
  await model.refresh();
  await assert.rejects(model.reset(), {
    message: 'Your home is full. Remove files, then undo again.'
  });
  assert.ok(await screen.findByRole('button', { name: 'Packages: 3 changed' }));
});

test('changes are a table that the keyboard can scroll', async () => {
  const { node } = attach(packagesBody(changed, trans));
  const table = await screen.findByRole('table', { name: 'Changed packages' });
  assert.equal(table.tabIndex, 0);
  assert.deepEqual(
    screen.getAllByRole('row').map(row => row.textContent),
    ['rich14.0 added', 'numpy2.0 → 2.1', 'attrs25.1 removed']
  );
  assert.ok(screen.getByText(changed.notice));
  assert.ok(screen.getByText(/Restart running kernels and terminals/));
  assert.deepEqual(await brokenRules(node), []);
});

test('without changes there is a sentence and no table', async () => {
  const { node } = attach(packagesBody(unchanged, trans));
  assert.ok(await screen.findByText(/All packages are those of the image/));
  assert.equal(screen.queryByRole('table'), null);
  assert.deepEqual(await brokenRules(node), []);
});

test('a missing directory is told with what to do', async () => {
  const { node } = attach(
    packagesBody({ ...unchanged, state: 'absent' }, trans)
  );
  assert.ok(
    await screen.findByText(/Make room in your home, then choose “Undo all/)
  );
  assert.deepEqual(await brokenRules(node), []);
});
