import { brokenRules, trans } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { fireEvent, screen, waitFor } from '@testing-library/react';

import {
  fill,
  isDisabled,
  isEnabled,
  press
} from '../../../shared/testing/controls';
import { SourceBrowser } from './browser';
import { SourceBrowserModel } from './browserModel';
import { documentPath } from './drive';
import { FakeSources, object } from './testSources';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });

let panel: SourceBrowser | null = null;
afterEach(() => panel?.dispose());

async function shown(sources = new FakeSources()) {
  const done: string[] = [];
  const model = new SourceBrowserModel(sources, {
    showDirectory: ({ location }) => done.push(`show ${location}`),
    openObject: (source, path) => done.push(`open ${source.name}/${path}`)
  });
  const path = (): string => model.position.path + model.activeEntry!.name;
  panel = new SourceBrowser(
    model,
    {
      canOpen: () =>
        model.activeEntry?.kind !== 'object' ||
        documentPath('lake', path()) !== null,
      open: () => void model.open(model.activeEntry!),
      download: () => done.push(`download ${path()}`),
      copyLocation: () =>
        done.push(`copy ${model.location(model.activeEntry!)}`)
    },
    trans as unknown as TranslationBundle
  );
  Widget.attach(panel, document.body);
  MessageLoop.flush();
  await model.refresh();
  await screen.findByRole('option', { name: /lake/ });
  return { model, done, sources };
}

const list = (): HTMLElement => screen.getByRole('listbox');
const key = (name: string): boolean => fireEvent.keyDown(list(), { key: name });

/** The option that keys act on, as assistive technology is told. */
function active(): HTMLElement {
  const option = document.getElementById(
    list().getAttribute('aria-activedescendant') ?? ''
  );
  assert.ok(option, 'no option is active');
  assert.equal(option.getAttribute('aria-selected'), 'true');
  return option;
}

test('keys alone lead to an object and back', async () => {
  const { done } = await shown();
  key('ArrowDown');
  await waitFor(() => assert.match(active().textContent!, /^lake/));
  key('Enter');
  await screen.findByRole('option', { name: /train\.csv/ });
  key('End');
  await waitFor(() => assert.match(active().textContent!, /^train\.csv/));
  key('Enter');
  assert.deepEqual(done, ['open lake/train.csv']);
  key('Backspace');
  await screen.findByRole('option', { name: /scans/ });
});

test('the panel breaks no rule of accessibility', async () => {
  const { model } = await shown();
  assert.deepEqual(await brokenRules(panel!.node), []);
  await model.open(model.entries[1]);
  await screen.findByRole('option', { name: /train\.csv/ });
  assert.deepEqual(await brokenRules(panel!.node), []);
});

test('an object is downloaded, and its URL copied', async () => {
  const { model, done } = await shown();
  await model.open(model.entries[1]);
  await screen.findByRole('option', { name: /train\.csv/ });
  model.setActive(2);
  await screen.findByText('s3://lake/raw/train.csv');
  assert.ok(screen.getByText(/1\.5 KiB, .*, profile lake/));
  await press('Download');
  await press('Copy URL');
  assert.deepEqual(done, [
    'download train.csv',
    'copy s3://lake/raw/train.csv'
  ]);
});

test('a directory that is mounted has a path, and says that it is read-only', async () => {
  const { done } = await shown();
  assert.ok(screen.getByText('Directory, read-only'));
  await press('Copy Path');
  await press('Open');
  assert.deepEqual(done, ['copy /data/scans', 'show /data/scans']);
});

test('what has no path of a file is downloaded only', async () => {
  const sources = new FakeSources();
  sources.directories = { '': ['..'] };
  sources.objects_ = { '../': [object('up.txt')] };
  const { model } = await shown(sources);
  await model.open(model.entries[1]);
  await model.open(model.entries[0]);
  await screen.findByRole('option', { name: /up\.txt/ });
  await isEnabled('Download');
  assert.ok(isDisabled(screen.getByRole('button', { name: 'Open' })));
});

test('the path leads back', async () => {
  const { model } = await shown();
  await model.open(model.entries[1]);
  await model.open(model.entries[0]);
  await press('lake');
  await screen.findByRole('option', { name: /train\.csv/ });
  await press('Data sources');
  await screen.findByRole('option', { name: /scans/ });
});

test('names are looked for in the store once the person pauses', async () => {
  const { model, sources } = await shown();
  await model.open(model.entries[1]);
  await screen.findByRole('option', { name: /train\.csv/ });
  await fill('Name begins with', 'tr/');
  await waitFor(() => assert.equal(sources.asked.at(-1), 'lake:tr@'));
  await waitFor(() => assert.equal(screen.getAllByRole('option').length, 1));
  await fill('Name begins with', 'nothing');
  assert.ok(await screen.findByText('No name begins so.'));
});

test('of many objects those in view are drawn, and pages are asked for as they near', async () => {
  const sources = new FakeSources();
  sources.directories = {};
  sources.objects_[''] = Array.from({ length: 10_000 }, (_, at) =>
    object(`${String(at).padStart(5, '0')}.bin`)
  );
  const { model } = await shown(sources);
  await model.open(model.entries[1]);
  await screen.findByText('1000 listed; more follow when you scroll.');
  assert.ok(screen.getAllByRole('option').length < 100);
  for (let pages = 2; pages <= 10; pages++) {
    await model.more();
    await waitFor(() => assert.equal(model.entries.length, pages * 1000));
  }
  assert.equal(model.hasMore, false);
  assert.ok(screen.getAllByRole('option').length < 100);
  key('End');
  await waitFor(() => assert.match(active().textContent!, /^09999\.bin/));
});

test('a refusal is an alert', async () => {
  const { model, sources } = await shown();
  sources.failure = 'The keys of lake do not allow that.';
  await model.open(model.entries[1]);
  const alert = await screen.findByRole('alert');
  assert.equal(alert.textContent, sources.failure);
});
