import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { ServerConnection } from '@jupyterlab/services';

import { request, ServiceError } from './request';

const URL = 'http://127.0.0.1/mofang/training/api/jobs';

/** A server that is too busy for so many requests, and how many it got. */
function busyServer(
  times: number,
  headers: Record<string, string>
): { settings: ServerConnection.ISettings; asked: () => number } {
  let asked = 0;
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://127.0.0.1/',
    fetch: async () =>
      asked++ < times
        ? new Response('{"message": "Wait a second."}', {
            status: 429,
            headers
          })
        : new Response('{}')
  });
  return { settings, asked: () => asked };
}

/** Let the time pass that the request waits, as often as it does. */
async function finished<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const done = work.finally(() => {
    isOver = true;
  });
  done.catch(() => undefined);
  while (!isOver) {
    await new Promise(setImmediate);
    mock.timers.tick(1000);
  }
  return done;
}

test('a refused request is sent again when the service says', async t => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { settings, asked } = busyServer(2, { 'Retry-After': '1' });

  const answer = await finished(request(settings, URL, { method: 'POST' }));

  assert.equal(answer.status, 200);
  assert.equal(asked(), 3);
});

test('after some times the refusal is told', async t => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const { settings, asked } = busyServer(99, { 'Retry-After': '1' });

  await assert.rejects(
    finished(request(settings, URL)),
    (error: ServiceError) =>
      error.status === 429 && error.message === 'Wait a second.'
  );
  assert.equal(asked(), 4);
});

test('what does not pass by itself is told at once', async () => {
  for (const headers of [{}, { 'Retry-After': '3600' }]) {
    const { settings, asked } = busyServer(99, headers as never);
    await assert.rejects(request(settings, URL), ServiceError);
    assert.equal(asked(), 1);
  }
});

test('who does not want the answer any more waits for nothing', async () => {
  const { settings, asked } = busyServer(99, { 'Retry-After': '10' });
  const abort = new AbortController();
  const asking = request(settings, URL, { signal: abort.signal });
  while (asked() === 0) {
    await new Promise(setImmediate);
  }
  abort.abort();

  await assert.rejects(asking, { name: 'AbortError' });
  assert.equal(asked(), 1);
});
