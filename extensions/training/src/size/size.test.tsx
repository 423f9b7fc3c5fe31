import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Notification } from '@jupyterlab/apputils';
import { waitFor } from '@testing-library/react';

import { fill, isEnabled } from '../../../shared/testing/controls';
import { attach, clear, disposable, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import type { IServerMemory, ISizeRange } from '../model/serverSize';
import { SizeBody } from './dialog';
import { ServerSizeModel } from './model';
import { MemoryNotice } from './notice';

afterEach(() => {
  Notification.dismiss();
  clear();
});

const GIB = 1024 ** 3;
const roomy: IServerMemory = {
  used_bytes: GIB,
  limit_bytes: 4 * GIB,
  runs_out_in_seconds: null,
  is_nearly_full: false,
  offered_gib: null
};
const short: IServerMemory = {
  ...roomy,
  used_bytes: 3 * GIB,
  runs_out_in_seconds: 240,
  offered_gib: 4
};
const sizes: ISizeRange[] = [
  { name: 'cpu', unit: 'cores', value: 1, low: 0.5, high: 2, steps: [0.5, 2] },
  { name: 'memory', unit: 'GiB', value: 4, low: 1, high: 8, steps: [1, 8] }
];

function scene(memory: IServerMemory) {
  const server = new FakeServer();
  const model = disposable(new ServerSizeModel(server.settings));
  let asked = 0;
  new MemoryNotice(model, () => asked++, trans);
  const say = (next: IServerMemory) => {
    server.answer('GET server-size', () => next);
    return model.refresh();
  };
  server.answer('GET server-size', () => memory);
  return { server, model, say, asked: () => asked };
}

function shown() {
  return Notification.manager.notifications;
}

function act(label: string): void {
  const actions = shown().flatMap(each => each.options.actions ?? []);
  const action = actions.find(each => each.label === label);
  assert.ok(action, `There is no “${label}”.`);
  action.callback(new MouseEvent('click'));
}

test('a server with room says nothing', async () => {
  const { model } = scene(roomy);
  assert.equal(await model.refresh(), false);
  assert.deepEqual(shown(), []);
});

test('a notice stays until it no longer holds, and is not repeated', async () => {
  const { model, say } = scene(short);
  await model.refresh();
  await say({ ...short, runs_out_in_seconds: 200 });

  const [notice, ...others] = shown();
  assert.deepEqual(others, []);
  assert.match(notice!.message, /^Memory runs out in about 4 minutes/);
  assert.equal(notice!.options.autoClose, false);

  await say(roomy);
  assert.deepEqual(shown(), []);
});

test('one click gives more', async () => {
  const { server, model } = scene(short);
  server.answer('POST server-size', () => ({ ...roomy, limit_bytes: 8 * GIB }));
  await model.refresh();

  act('Give it 4 GiB more');

  await waitFor(() => {
    const texts = shown().map(each => each.message);
    assert.deepEqual(texts, [
      'This server has its new size. Kernels have gone on.'
    ]);
  });
  assert.deepEqual(server.sentTo('POST server-size')[0]?.body, {
    memory: '8192Mi'
  });
});

test('a refusal is shown, and the notice stays', async () => {
  const { server, model } = scene(short);
  server.answer('POST server-size', () => refusal(409, 'Its node is full.'));
  await model.refresh();

  act('Give it 4 GiB more');

  await waitFor(() => {
    const texts = shown().map(each => each.message);
    assert.ok(texts.includes('Its node is full.'), texts.join('\n'));
  });
  assert.equal(shown().length, 2);
});

test('who wants another size is asked for it', async () => {
  const { model, asked } = scene(short);
  await model.refresh();
  act('Choose a size…');
  assert.equal(asked(), 1);
});

test('a server that gets no more says what helps', async () => {
  const { model } = scene({ ...short, offered_gib: null });
  await model.refresh();
  const [notice] = shown();
  assert.deepEqual(notice?.options.actions, []);
  assert.match(notice!.message, /cannot get more while it runs\. Shut down/);
});

test('off the platform nothing more is asked', async () => {
  const { server, model } = scene(roomy);
  server.answer('GET server-size', () => refusal(503, 'Not on the platform.'));
  assert.equal(await model.refresh(), true);
});

test('the dialog is usable by its labels, and returns what was changed', async () => {
  const body = attach(new SizeBody(sizes, trans));
  await isEnabled('Memory (GiB)', 'spinbutton');
  assert.deepEqual(body.getValue(), {});

  await fill('Memory (GiB)', '6');

  assert.deepEqual(body.getValue(), { memory: '6Gi' });
  assert.deepEqual(await brokenRules(body.node), []);
});

test('the dialog says what is out of bounds', async () => {
  const body = attach(new SizeBody(sizes, trans));
  await isEnabled('Memory (GiB)', 'spinbutton');

  await fill('Memory (GiB)', '9');

  await waitFor(() =>
    assert.match(body.node.textContent ?? '', /Choose from 1 to 8 GiB\./)
  );
});
