import '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SourceBrowserModel } from './browserModel';
import type { Entry } from './model';
import { FakeSources, LAKE, object, SCANS } from './testSources';

interface IDone {
  opened: string[];
  shown: string[];
}

async function browser(sources = new FakeSources()) {
  const done: IDone = { opened: [], shown: [] };
  const model = new SourceBrowserModel(sources, {
    showDirectory: ({ location }) => done.shown.push(location),
    openObject: ({ name }, path) => done.opened.push(`${name}/${path}`)
  });
  await model.refresh();
  return { model, sources, done };
}

function named(model: SourceBrowserModel, name: string): Entry {
  const entry = model.entries.find(each => each.name === name);
  assert.ok(entry, `${name} is not listed`);
  return entry;
}

const names = (model: SourceBrowserModel): string[] =>
  model.entries.map(({ name }) => name);

test('sources are listed first: directories open in the file browser', async () => {
  const { model, done } = await browser();
  assert.deepEqual(names(model), ['scans', 'lake']);
  await model.open(named(model, 'scans'));
  assert.deepEqual(done.shown, [SCANS.location]);
  assert.equal(model.position.source, null);
});

test('buckets and their directories are entered, and left to the same row', async () => {
  const { model, sources } = await browser();
  sources.directories['text/'] = ['de'];
  await model.open(named(model, 'lake'));
  assert.deepEqual(names(model), ['images', 'text', 'train.csv']);
  await model.open(named(model, 'text'));
  await model.open(named(model, 'de'));
  assert.deepEqual(model.position, { source: LAKE, path: 'text/de/' });
  await model.up();
  await model.up();
  assert.equal(model.activeEntry?.name, 'text');
  await model.up();
  assert.equal(model.activeEntry?.name, 'lake');
  await model.up();
  assert.equal(model.position.source, null);
});

test('a directory without a name is entered and left, too', async () => {
  const { model, sources } = await browser();
  sources.directories = { '': ['a'], 'a/': [''], 'a//': ['b'] };
  await model.open(named(model, 'lake'));
  await model.open(named(model, 'a'));
  await model.open(named(model, ''));
  assert.equal(model.position.path, 'a//');
  assert.equal(model.location(named(model, 'b')), 's3://lake/raw/a//b/');
  await model.up();
  assert.equal(model.position.path, 'a/');
});

test('an object is opened, and named by its URL', async () => {
  const { model, done } = await browser();
  await model.open(named(model, 'lake'));
  const entry = named(model, 'train.csv');
  await model.open(entry);
  assert.deepEqual(done.opened, ['lake/train.csv']);
  assert.equal(model.location(entry), 's3://lake/raw/train.csv');
});

test('pages are added, directories before objects, and the active row stays', async () => {
  const { model, sources } = await browser();
  sources.page = 2;
  sources.objects_[''] = ['a', 'b', 'c', 'd', 'e'].map(name => object(name));
  await model.open(named(model, 'lake'));
  model.setActive(3);
  await model.more();
  assert.equal(model.hasMore, true);
  await model.more();
  assert.deepEqual(names(model), ['images', 'text', 'a', 'b', 'c', 'd', 'e']);
  assert.equal(model.activeEntry?.name, 'b');
  assert.equal(model.hasMore, false);
  await model.more();
  assert.equal(sources.asked.length, 3);
});

test('the store is asked for names by their beginning; another place asks for all', async () => {
  const { model, sources } = await browser();
  await model.open(named(model, 'lake'));
  await model.filter('im');
  assert.deepEqual(names(model), ['images']);
  await model.open(named(model, 'images'));
  assert.equal(model.starts, '');
  assert.equal(sources.asked.at(-1), 'lake:images/@');
});

test('of two questions the newer one counts', async () => {
  const { model, sources } = await browser();
  await model.open(named(model, 'lake'));
  let answer = (): void => undefined;
  sources.gate = new Promise(resolve => (answer = resolve));
  const older = model.open(named(model, 'images'));
  sources.gate = Promise.resolve();
  await model.open(named(model, 'text'));
  answer();
  await older;
  assert.equal(model.position.path, 'text/');
  assert.equal(model.isBusy, false);
});

test('what cannot be listed is told, and what was listed stays', async () => {
  const { model, sources } = await browser();
  sources.failure = 'The keys of lake do not allow that.';
  await model.open(named(model, 'lake'));
  assert.equal(model.failure, sources.failure);
  assert.deepEqual(names(model), ['scans', 'lake']);
  sources.failure = '';
  await model.open(named(model, 'lake'));
  assert.equal(model.failure, '');
});
