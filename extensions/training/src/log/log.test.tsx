import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen, waitFor } from '@testing-library/react';
import type { IReplica } from '@mofang/shared';

import { fill, press } from '../../../shared/testing/controls';
import { job, replica } from '../../testing/jobs';
import { attach, clear, hasFocus, jobsOf, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import { LogWidget } from './widget';

afterEach(clear);

const ended = job('a', {
  state: 'Succeeded',
  replicas: [
    replica({ state: 'Succeeded', shell_allowed: false }),
    replica({ index: 1, state: 'Succeeded' })
  ]
});

/** A whole log, as the service answers it. */
function text(lines: string): Response {
  return new Response(lines, {
    headers: {
      'X-Log-Size': String(lines.length),
      'X-Log-Next': String(lines.length),
      'X-Log-Complete': 'true'
    }
  });
}

function log(
  server: FakeServer,
  shell: ((one: IReplica) => void) | null = null
) {
  return attach(new LogWidget(jobsOf(server), 'a', trans, shell)).node;
}

function twoLogs(): FakeServer {
  const server = new FakeServer([ended]);
  server.answer('GET jobs/a/logs/worker/0', () =>
    text('loss 1\nloss 2\nend\n')
  );
  server.answer('GET jobs/a/logs/worker/1', () => text('second\n'));
  return server;
}

test('the log of the first replica is shown, and of another by choosing it', async () => {
  const node = log(twoLogs());
  await waitFor(() => assert.match(node.textContent ?? '', /loss 2/));
  assert.ok(await screen.findByText('Complete'));
  assert.deepEqual(await brokenRules(node), []);
  await fill('Replica', 'worker-1');
  await waitFor(() => {
    assert.match(node.textContent ?? '', /second/);
    assert.doesNotMatch(node.textContent ?? '', /loss 2/);
    const link = screen.getByRole<HTMLAnchorElement>('link', {
      name: 'Download'
    });
    assert.match(link.href, /jobs\/a\/logs\/worker\/1$/);
  });
});

test('a shell is offered where one is allowed', async () => {
  const opened: IReplica[] = [];
  log(twoLogs(), one => void opened.push(one));
  await waitFor(() => {
    const shell = screen.getByRole<HTMLButtonElement>('button', {
      name: 'Shell'
    });
    assert.ok(shell.title);
    assert.ok(shell.disabled);
  });
  await fill('Replica', 'worker-1');
  await press('Shell');
  assert.deepEqual(
    opened.map(each => each.index),
    [1]
  );
});

test('a job that cannot be read is told, and read again on request', async () => {
  const server = twoLogs();
  server.answer('GET jobs/a', () => refusal(503, 'The service restarts.'));
  const node = log(server);
  assert.ok(await screen.findByText(/The service restarts\./));
  server.answer('GET jobs/a', () => ended);
  await press('Try again');
  await waitFor(() => assert.match(node.textContent ?? '', /loss 2/));
  await hasFocus(() => screen.getByRole('checkbox', { name: 'Follow' }));
});

test('a job without containers says what it waits for', async () => {
  const reason = 'It waits for 2 GPUs.';
  log(new FakeServer([job('a', { state: 'Queued', reason, replicas: [] })]));
  assert.ok(await screen.findByText('No container has started yet.'));
  assert.ok(await screen.findByText(reason));
});

test('a log that is refused says why', async () => {
  const server = twoLogs();
  server.answer('GET jobs/a/logs/worker/0', () =>
    refusal(410, 'The log was removed with its container.')
  );
  log(server);
  assert.ok(await screen.findByText('The log was removed with its container.'));
});
