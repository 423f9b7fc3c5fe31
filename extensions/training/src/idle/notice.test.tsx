import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Notification } from '@jupyterlab/apputils';
import { waitFor } from '@testing-library/react';

import { fill, isEnabled } from '../../../shared/testing/controls';
import { attach, clear, disposable, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import type { IActivity } from '../model/activity';
import { ExtensionBody } from './dialog';
import { ActivityModel } from './model';
import { IdleNotice } from './notice';

afterEach(() => {
  Notification.dismiss();
  clear();
});

const quiet: IActivity = {
  idle_seconds: 0,
  reasons: ['a kernel is busy: train.ipynb'],
  stop_in_seconds: null,
  extended_seconds: 0,
  extendable_seconds: 8 * 3600
};
const noticed: IActivity = {
  ...quiet,
  idle_seconds: 3600,
  stop_in_seconds: 900,
  extendable_seconds: 7 * 3600
};

function scene(activity: IActivity) {
  const server = new FakeServer();
  const model = disposable(new ActivityModel(server.settings));
  let asked = 0;
  new IdleNotice(model, () => asked++, trans);
  const say = (next: IActivity) => {
    server.answer('GET activity', () => next);
    return model.refresh();
  };
  server.answer('GET activity', () => activity);
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

test('a server at work says nothing', async () => {
  const { model } = scene(quiet);
  assert.equal(await model.refresh(), false);
  assert.deepEqual(shown(), []);
});

test('a notice stays until it no longer holds, and is not repeated', async () => {
  const { model, say } = scene(noticed);
  await model.refresh();
  await say({ ...noticed, stop_in_seconds: 840 });

  const [notice, ...others] = shown();
  assert.deepEqual(others, []);
  assert.match(notice!.message, /It will be stopped at/);
  assert.equal(notice!.options.autoClose, false);

  await say(quiet);
  assert.deepEqual(shown(), []);
});

test('one click keeps the server', async () => {
  const { server, model } = scene(noticed);
  const kept = { ...noticed, stop_in_seconds: null, extended_seconds: 7200 };
  server.answer('POST activity', () => kept);
  await model.refresh();

  act('Keep running');

  await waitFor(() => {
    const [last] = shown();
    assert.match(last?.message ?? '', /^This server is kept until/);
  });
  assert.equal(shown().length, 1);
  assert.deepEqual(server.sentTo('POST activity')[0]?.body, {
    hours: null,
    reason: ''
  });
});

test('a refusal is shown, and the notice stays', async () => {
  const { server, model } = scene(noticed);
  server.answer('POST activity', () => refusal(409, 'For 3 h at the longest.'));
  await model.refresh();

  act('Keep running');

  await waitFor(() => {
    const texts = shown().map(each => each.message);
    assert.ok(texts.includes('For 3 h at the longest.'), texts.join('\n'));
  });
  assert.equal(shown().length, 2);
});

test('who wants more time is asked for how long', async () => {
  const { model, asked } = scene(noticed);
  await model.refresh();
  act('Keep longer…');
  assert.equal(asked(), 1);
});

test('a server that cannot be kept offers nothing', async () => {
  const { model } = scene({ ...noticed, extendable_seconds: 0 });
  await model.refresh();
  assert.deepEqual(shown()[0]?.options.actions, []);
});

test('off the platform nothing more is asked', async () => {
  const { server, model } = scene(quiet);
  server.answer('GET activity', () => refusal(503, 'Not on the platform.'));
  assert.equal(await model.refresh(), true);
});

test('the dialog is usable by its labels, and returns what was chosen', async () => {
  const body = attach(new ExtensionBody(noticed, trans));
  await isEnabled('Hours', 'combobox');
  await fill('Hours', '4');
  await fill('Reason', 'The demo is at three');
  assert.deepEqual(body.getValue(), {
    hours: 4,
    reason: 'The demo is at three'
  });
  assert.deepEqual(await brokenRules(body.node), []);
});
