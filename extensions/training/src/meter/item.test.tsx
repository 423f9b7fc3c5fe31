import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Notification } from '@jupyterlab/apputils';
import { waitFor } from '@testing-library/react';

import { attach, clear, disposable, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import { MeterItem, memoryText, warnOfMemory } from './item';
import { type IUsage, MeterModel } from './model';

afterEach(() => {
  Notification.dismiss();
  clear();
});

const GIB = 2 ** 30;
const usage: IUsage = {
  memory_bytes: 1.5 * GIB,
  memory_limit_bytes: 8 * GIB,
  cpu_seconds: 10,
  cores: 2,
  at: 100
};

function scene() {
  const server = new FakeServer();
  const model = disposable(new MeterModel(server.settings));
  warnOfMemory(model, trans);
  const say = (part: Partial<IUsage>) => {
    server.answer('GET meter', () => ({ ...usage, ...part }));
    return model.refresh();
  };
  return { server, model, say };
}

test('memory is shown of its limit, and CPU from the second answer on', async () => {
  const { model, say } = scene();
  const item = attach(new MeterItem(model, trans));

  await say({});
  await waitFor(() =>
    assert.equal(item.node.textContent, 'Memory 1.5 / 8 GiB')
  );
  await say({ cpu_seconds: 17, at: 105 });

  await waitFor(() =>
    assert.equal(item.node.textContent, 'Memory 1.5 / 8 GiB · CPU 1.4 / 2')
  );
  assert.deepEqual(await brokenRules(item.node), []);
});

test('who is near the limit is told once, until there is room', async () => {
  const { say } = scene();
  const count = () => Notification.manager.notifications.length;

  await say({ memory_bytes: 7.3 * GIB });
  await say({ memory_bytes: 7.1 * GIB });
  assert.equal(count(), 1);
  await say({ memory_bytes: 4 * GIB });
  assert.equal(count(), 0);
  await say({ memory_bytes: 7.9 * GIB });
  assert.equal(count(), 1);
});

test('off the platform nothing is shown, and no more is asked', async () => {
  const { server, model } = scene();
  server.answer('GET meter', () => refusal(503, 'Not known.'));

  assert.equal(await model.refresh(), true);
  assert.equal(model.usage, null);
});

test('a page that is open is no activity', async () => {
  const { server, say } = scene();

  await say({});

  const [sent] = server.sentTo('GET meter');
  assert.equal(sent.query.get('no_track_activity'), '1');
});

test('a limit is said without digits in vain', () => {
  assert.equal(
    memoryText({ ...usage, memory_limit_bytes: 1.5 * GIB }),
    '1.5 / 1.5 GiB'
  );
});
