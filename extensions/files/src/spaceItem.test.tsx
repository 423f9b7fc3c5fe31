import { brokenRules } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { cleanup, render, screen } from '@testing-library/react';
import * as React from 'react';

import { press } from '../../shared/testing/controls';
import type { IRoot } from './model';
import {
  JobUsage,
  LargestTable,
  SpaceItem,
  SpaceMeters,
  SpaceModel
} from './spaceItem';
import { FakeFiles } from './testFiles';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });

const trans = nullTranslator.load('');
const home: IRoot = {
  name: 'home',
  path: '/home/jovyan',
  bytes: 95,
  files: 7,
  complete: true,
  limit: 100,
  file_limit: null,
  enforced: true,
  storage_full: false
};
const opened: { dispose(): void }[] = [];

afterEach(() => {
  opened.splice(0).forEach(each => each.dispose());
  cleanup();
  document.body.replaceChildren();
});

function attach<W extends Widget>(widget: W): W {
  opened.push(widget);
  Widget.attach(widget, document.body);
  MessageLoop.sendMessage(widget, Widget.Msg.AfterShow);
  return widget;
}

test('the item is absent until the server has answered', async () => {
  const files = new FakeFiles();
  files.roots = [home];
  const model = new SpaceModel(files);
  opened.push(model);
  let count = 0;
  const widget = attach(new SpaceItem(model, () => count++, trans));
  assert.equal(screen.queryByRole('button'), null);
  await model.refresh();
  const button = await screen.findByRole('button', { name: 'Home: 95 % full' });
  assert.equal(button.dataset.full, 'true');
  await press('Home: 95 % full');
  assert.equal(count, 1);
  assert.deepEqual(await brokenRules(widget.node), []);
  files.failure = 'The server restarts.';
  await model.refresh();
  assert.ok(screen.getByRole('button', { name: 'Home: 95 % full' }));
});

test('the item says that the storage does not answer, until it does', async () => {
  const files = new FakeFiles();
  files.roots = [home];
  files.awaySince = '2026-11-30T11:03:00+00:00';
  const model = new SpaceModel(files);
  opened.push(model);
  const widget = attach(new SpaceItem(model, () => undefined, trans));
  await model.refresh();
  const told = await screen.findByRole('alert');
  assert.equal(told.textContent, 'Storage does not answer');
  assert.match(told.title, /What was saved is kept/);
  assert.deepEqual(await brokenRules(widget.node), []);
  files.awaySince = null;
  await model.refresh();
  assert.ok(await screen.findByRole('button', { name: 'Home: 95 % full' }));
  assert.equal(screen.queryByRole('alert'), null);
});

test('a server that does not answer is taken to wait for the storage', async () => {
  const files = new FakeFiles();
  files.roots = [home];
  const model = new SpaceModel(files, 10);
  opened.push(model);
  await model.refresh();
  files.isSilent = true;
  await model.refresh();
  const since = model.awaySince;
  assert.ok(since);
  assert.deepEqual(model.roots, [home]);
  await model.refresh();
  assert.equal(model.awaySince, since);
  files.isSilent = false;
  await model.refresh();
  assert.equal(model.awaySince, null);
});

test('each root has a meter', async () => {
  const project: IRoot = { ...home, name: 'project', limit: null };
  const { container } = render(
    <SpaceMeters roots={[home, project]} trans={trans} />
  );
  assert.equal(screen.getByRole('meter').getAttribute('value'), '95');
  assert.match(container.textContent ?? '', /Project 95 B, without a limit/);
  assert.deepEqual(await brokenRules(container), []);
});

test('the largest directories are a table', async () => {
  const directories = [
    { path: '/home/jovyan/.cache', bytes: 2048, complete: true },
    { path: '/home/jovyan/data', bytes: 1024, complete: false }
  ];
  const { container } = render(
    <LargestTable
      title="Largest directories of the home"
      directories={directories}
      trans={trans}
    />
  );
  assert.deepEqual(
    screen.getAllByRole('row').map(row => row.textContent),
    ['/home/jovyan/.cache2.0 KiB', '/home/jovyan/dataat least 1.0 KiB']
  );
  assert.deepEqual(await brokenRules(container), []);
});

test('what jobs take has a meter of its own', async () => {
  const logs = {
    bytes: 95,
    complete: true,
    limit: 100,
    enforced: true,
    own_bytes: 40,
    own_complete: true,
    own_jobs: 2
  };
  const { container, rerender } = render(
    <JobUsage jobs={{ logs, code_bytes: 2048 }} trans={trans} />
  );
  const meter = screen.getByRole('meter', { name: 'Logs and results of jobs' });
  assert.equal(meter.getAttribute('value'), '95');
  assert.ok(screen.getByText(/95 B of 100 B \(95 %\), 40 B of your 2 jobs/));
  assert.ok(screen.getByText(/2.0 KiB, which is part of your home/));
  assert.deepEqual(await brokenRules(container), []);
  rerender(<JobUsage jobs={{ logs: null, code_bytes: 0 }} trans={trans} />);
  assert.equal(screen.queryByRole('meter'), null);
  assert.equal(screen.queryByText(/part of your home/), null);
});

test('jobs are asked for when they are to be seen', async () => {
  const files = new FakeFiles();
  files.jobUsage = { logs: null, code_bytes: 7 };
  const model = new SpaceModel(files);
  opened.push(model);
  await model.refresh();
  assert.equal(model.jobs, null);
  await model.refreshJobs();
  files.failure = 'The server restarts.';
  await model.refreshJobs();
  assert.equal(model.jobs!.code_bytes, 7);
  assert.equal(files.asked.filter(each => each === 'jobs').length, 2);
});
