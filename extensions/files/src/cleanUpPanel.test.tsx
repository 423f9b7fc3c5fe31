import { brokenRules } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { screen, waitFor, within } from '@testing-library/react';

import { isDisabled, isEnabled, press } from '../../shared/testing/controls';
import type { IOutcome, IRequest } from './cleanUp';
import { CleanUpModel } from './cleanUpModel';
import type { ISurvey } from './model';
import { SpaceModel } from './spaceItem';
import { SpacePanel } from './spacePanel';
import { FakeFiles, item } from './testFiles';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });

const trans = nullTranslator.load('');
const GIB = 2 ** 30;
const opened: { dispose(): void }[] = [];

afterEach(() => {
  opened.splice(0).forEach(each => each.dispose());
  document.body.replaceChildren();
});

const checkpoint = item({
  kind: 'checkpoint',
  path: 'runs/checkpoint-5',
  bytes: 9 * GIB,
  preselected: false,
  in_use: 'recent'
});

/** A panel that has looked; `answer` is what the person says when asked. */
async function panel(part: Partial<ISurvey> = {}, answer = true) {
  const files = new FakeFiles();
  files.surveyed = {
    ...files.surveyed,
    items: [item(), checkpoint],
    directories: [{ path: '/home/jovyan/runs', bytes: GIB, complete: true }],
    ...part
  };
  return { files, ...(await shown(files, answer)) };
}

/** The tab with the home that was looked through, and the project that was not. */
async function shown(files: FakeFiles, answer = true) {
  const requests: IRequest[] = [];
  const outcomes: IOutcome[] = [];
  const modelOf = (name: 'home' | 'project') =>
    new CleanUpModel({
      name,
      files: files[name],
      confirm: async request => {
        requests.push(request);
        return answer;
      },
      done: outcome => void outcomes.push(outcome),
      trans
    });
  const [model, project] = [modelOf('home'), modelOf('project')];
  const space = new SpaceModel(files);
  const widget = new SpacePanel(model, project, space, trans);
  opened.push(space, widget);
  Widget.attach(widget, document.body);
  MessageLoop.sendMessage(widget, Widget.Msg.AfterShow);
  await model.refresh();
  await screen.findByRole('heading', { name: 'Storage' });
  return { model, project, node: widget.node, requests, outcomes };
}

const rows = () =>
  within(screen.getByRole('table', { name: 'What takes the space' }))
    .getAllByRole('rowheader')
    .map(row => row.textContent);

const box = (name: RegExp) =>
  screen.getByRole<HTMLInputElement>('checkbox', { name });

test('what is made anew is selected, and work is not', async () => {
  const { node } = await panel();
  await screen.findByText('1 selected, frees 3.0 GiB');
  assert.equal(box(/pip/).checked, true);
  assert.equal(box(/checkpoint-5/).checked, false);
  assert.ok(screen.getByText('used within the last hour'));
  assert.ok(screen.getByRole('table', { name: /Largest directories/ }));
  assert.deepEqual(await brokenRules(node), []);
});

test('the total follows the selection', async () => {
  await panel();
  await press(/checkpoint-5/, { role: 'checkbox' });
  await screen.findByText('2 selected, frees 12.0 GiB');
  await press(/checkpoint-5/, { role: 'checkbox' });
  await press(/pip/, { role: 'checkbox' });
  await screen.findByText('Nothing is selected.');
  assert.ok(isDisabled(screen.getByRole('button', { name: 'Clean up…' })));
});

test('the table is sorted by its headings', async () => {
  await panel();
  await waitFor(() => assert.match(rows()[0] ?? '', /checkpoint-5/));
  const size = screen.getByRole('columnheader', { name: /Size/ });
  assert.equal(size.getAttribute('aria-sort'), 'descending');
  await press(/^Size/);
  await waitFor(() => assert.match(rows()[0] ?? '', /pip/));
  assert.equal(size.getAttribute('aria-sort'), 'ascending');
  await press(/^What/);
  await waitFor(() => assert.match(rows()[0] ?? '', /\.cache\/pip/));
  assert.equal(size.getAttribute('aria-sort'), null);
});

test('nothing goes that was not confirmed', async () => {
  const { files, requests } = await panel({}, false);
  await press('Clean up…');
  await waitFor(() => assert.equal(requests.length, 1));
  assert.deepEqual(requests[0].names, ['~/.cache/pip (3.0 GiB)']);
  await isEnabled('Clean up…');
  assert.ok(!files.asked.some(each => each.startsWith('clean')));
});

test('a clean-up is told, and undone by one click', async () => {
  const { files, outcomes } = await panel();
  files.cleaned = { bytes: 3 * GIB, removed: 1, skipped: [], undo: 'u1' };
  files.surveyed = {
    ...files.surveyed,
    items: [checkpoint],
    last: {
      undo: 'u1',
      at: '2026-11-30T08:00:00+00:00',
      mode: 'snapshot',
      bytes: 3 * GIB,
      paths: ['.cache/pip'],
      count: 1
    }
  };
  await press('Clean up…');
  await screen.findByText('Cleaned up. That freed 3.0 GiB.');
  assert.ok(files.asked.includes('clean pip snapshot'));
  assert.equal(outcomes[0].undo, 'u1');
  assert.match(screen.getByText(/Last clean-up/).textContent ?? '', /2026/);
  await press('Undo');
  await screen.findByText('Put back: 1.');
  assert.ok(files.asked.includes('undo u1'));
});

test('without snapshots the Trash is said to free nothing', async () => {
  const trash = item({ kind: 'trash', path: '.local/share/Trash' });
  const { files, node } = await panel({
    keeps_snapshots: false,
    items: [item(), trash]
  });
  await screen.findByText(/keeps no snapshots/);
  assert.match(node.textContent ?? '', /as much space as before/);
  assert.equal(screen.queryByRole('button', { name: 'Clean up…' }), null);
  await press('Move to Trash…');
  await waitFor(() => assert.ok(files.asked.includes('clean pip trash')));
  await isEnabled('Delete permanently…');
  assert.deepEqual(await brokenRules(node), []);
});

test('what was moved to the Trash is deleted permanently once confirmed', async () => {
  const { files, requests } = await panel({
    keeps_snapshots: false,
    last: {
      undo: 'u2',
      at: '2026-11-30T08:00:00+00:00',
      mode: 'trash',
      bytes: 0,
      paths: ['.cache/pip'],
      count: 1
    }
  });
  files.cleaned = { bytes: GIB, removed: 1, skipped: [], undo: null };
  await press('Delete what was moved permanently…');
  await screen.findByText('Deleted permanently. That freed 1.0 GiB.');
  assert.deepEqual(requests[0].names, ['~/.cache/pip']);
  assert.equal(requests[0].mode, 'permanent');
  assert.ok(files.asked.includes('delete u2'));
});

test('what was left is an alert that says why', async () => {
  const { files } = await panel();
  files.cleaned = {
    bytes: 0,
    removed: 0,
    skipped: [{ path: '.cache/pip', reason: 'It is gone already.' }],
    undo: null
  };
  await press('Delete permanently…');
  assert.match(
    (await screen.findByRole('alert')).textContent ?? '',
    /~\/\.cache\/pip: It is gone already\./
  );
});

test('a refusal is an alert, and all can be tried again', async () => {
  const { files } = await panel();
  await isEnabled('Clean up…');
  files.failure = 'No snapshot was taken. The storage is full.';
  await press('Clean up…');
  assert.equal((await screen.findByRole('alert')).textContent, files.failure);
  await isEnabled('Clean up…');
  await isEnabled('Delete permanently…');
});

test('a home with nothing to remove, and one that was not looked through', async () => {
  await panel({ items: [], directories: [], complete: false });
  await screen.findByText(/There are no caches/);
  assert.ok(screen.getByText(/not all were looked at/));
  assert.equal(screen.queryByRole('checkbox'), null);
});

/** A tab with a project that was looked through. */
async function projectPanel(part: Partial<ISurvey> = {}) {
  const files = new FakeFiles();
  files.projectSurveyed = {
    ...files.projectSurveyed,
    items: [item({ path: 'ada/.cache/pip', id: 'pip' })],
    directories: [
      { path: '/projects/vision/data', bytes: 3 * GIB, complete: true }
    ],
    ...part
  };
  const found = await shown(files);
  assert.equal(screen.queryByRole('heading', { name: /project/ }), null);
  await found.project.refresh();
  const region = await screen.findByRole('region', {
    name: 'Clean up the project'
  });
  return { files, region, ...found };
}

test('the project is cleaned up beside the home, and that is undone', async () => {
  const { files, node, region, requests, outcomes } = await projectPanel();
  const table = screen.getByRole('table', {
    name: 'Largest directories of the project'
  });
  assert.match(table.textContent, /\/projects\/vision\/data3\.0 GiB/);
  assert.deepEqual(await brokenRules(node), []);
  files.projectSurveyed.last = {
    undo: 'u3',
    at: '2026-11-30T08:00:00+00:00',
    mode: 'snapshot',
    bytes: 3 * GIB,
    paths: ['ada/.cache/pip'],
    count: 1
  };
  await press('Clean up…', { inside: region });
  await waitFor(() =>
    assert.ok(files.asked.includes('project clean pip snapshot'))
  );
  assert.deepEqual(requests[0].names, [
    '/projects/vision/ada/.cache/pip (3.0 GiB)'
  ]);
  assert.equal(requests[0].root.name, 'project');
  await waitFor(() => assert.equal(outcomes.length, 1));
  await press('Undo', { inside: region });
  await waitFor(() => assert.ok(files.asked.includes('project undo u3')));
});

test('members are told that administrators can clean up more', async () => {
  const { region, node } = await projectPanel({ restricted: true });
  assert.match(region.textContent ?? '', /Administrators of the project can/);
  assert.deepEqual(await brokenRules(node), []);
});

test('who may remove nothing of the project is told why, and sees its size', async () => {
  const reason = 'Only members of the project may clean up here.';
  const { region } = await projectPanel({
    items: [],
    reason,
    restricted: true,
    complete: false
  });
  assert.ok(within(region).getByText(reason));
  assert.equal(within(region).queryByRole('checkbox'), null);
  assert.ok(screen.getByText(/not all were looked at/));
  assert.ok(screen.getByRole('table', { name: /directories of the project/ }));
});
