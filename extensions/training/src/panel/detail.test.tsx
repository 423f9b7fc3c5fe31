import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Dialog, Notification } from '@jupyterlab/apputils';
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import type { IJob } from '@mofang/shared';

import { isDisabled, isEnabled, press } from '../../../shared/testing/controls';
import { job, replica, spec } from '../../testing/jobs';
import { clear, hasFocus } from '../../testing/page';
import { openPanel } from '../../testing/panel';
import { FakeServer, refusal } from '../../testing/server';
import type { IPanelActions } from './actions';

afterEach(() => {
  Dialog.flush();
  Notification.manager.dismiss();
  clear();
});

/** The details of a job, opened by its row. */
async function detail(
  one: IJob,
  server = new FakeServer(),
  installed: Partial<IPanelActions> = {}
) {
  server.jobs = [one];
  const panel = openPanel(server, installed);
  await press(one.spec.name);
  const section = await screen.findByRole('region', {
    name: `Job ${one.spec.name}`
  });
  return { ...panel, server, section, inside: within(section) };
}

const button = (name: string) => screen.getByRole('button', { name });

test('closing the details brings the focus back to the row', async () => {
  const { section } = await detail(job('a'));
  const row = () => button('name-a');
  assert.equal(row().getAttribute('aria-pressed'), 'true');
  await press('Close details');
  await waitFor(() => assert.ok(!section.isConnected));
  await hasFocus(row);
  await waitFor(() =>
    assert.equal(row().getAttribute('aria-pressed'), 'false')
  );
});

test('the summary tells how much of /cache each role may use', async () => {
  const cache_bytes = { worker: 720 * 2 ** 30, ps: 45 * 2 ** 30 };
  const { inside } = await detail(job('a', { cache_bytes }));
  const term = inside.getByText('Usable in /cache');
  assert.equal(
    term.nextElementSibling?.textContent,
    'worker 720 GiB · ps 45 GiB'
  );
});

test('a job without a scratch disk says nothing of one', async () => {
  const { inside } = await detail(job('a'));
  assert.ok(inside.getByText('Per replica'));
  assert.equal(inside.queryByText('Usable in /cache'), null);
});

test('the reason, the alert and the queue are told', async () => {
  const { inside } = await detail(
    job('a', {
      state: 'Queued',
      attempt: 2,
      reason: 'It waits for 2 GPUs.',
      alert: 'It has waited for a day.',
      queue: { position: 2, length: 5 },
      replicas: []
    })
  );
  assert.ok(inside.getByText('It waits for 2 GPUs.'));
  const alert = inside.getByRole('alert');
  assert.match(alert.textContent ?? '', /It has waited for a day\./);
  assert.ok(inside.getByText('2nd of 5 waiting'));
  assert.ok(inside.getByText('attempt 2'));
});

test('containers have their log and shell', async () => {
  const shells: unknown[] = [];
  const one = job('a', {
    replicas: [
      replica(),
      replica({
        index: 1,
        state: 'Failed',
        exit_code: 1,
        reason: 'Out of memory.',
        shell_allowed: false
      })
    ]
  });
  const { asked, inside } = await detail(one, new FakeServer(), {
    openShell: (_, { index }) => void shells.push(index)
  });
  const list = inside.getByRole('list', { name: 'Containers of role worker' });
  assert.match(
    list.textContent ?? '',
    /worker-1.*exit code 1.*Out of memory\./
  );
  await press('Log of worker-1');
  assert.equal(asked[0][0], 'openLog');
  assert.equal((asked[0][2] as { index: number }).index, 1);
  assert.ok(!screen.queryByRole('button', { name: 'Shell in worker-1' }));
  await press('Shell in worker-0');
  await press('Shell');
  assert.deepEqual(shells, [0, 0]);
});

test('a shell that cannot be opened says why and keeps the focus', async () => {
  const shells: unknown[] = [];
  const one = job('a', { replicas: [replica({ shell_allowed: false })] });
  await detail(one, new FakeServer(), {
    openShell: () => void shells.push(0)
  });
  const shell = button('Shell');
  assert.ok(isDisabled(shell));
  assert.match(shell.title, /needs a running container of your own/);
  // eslint-disable-next-line no-restricted-properties -- it is to do nothing
  fireEvent.click(shell);
  assert.deepEqual(shells, []);
});

test('cancelling asks first, and a refusal is a notification', async () => {
  const { server } = await detail(job('a'));
  server.answer('POST jobs/a/cancel', () =>
    refusal(409, 'The job has ended already. Read its log for the reason.')
  );
  await press('Cancel…');
  const keep = await press('Keep running');
  await waitFor(() => assert.ok(!keep.isConnected));
  assert.deepEqual(server.sentTo('POST jobs/a/cancel'), []);

  await press('Cancel…');
  await press('Cancel the job');
  await waitFor(() =>
    assert.deepEqual(
      Notification.manager.notifications.map(({ message, type }) => [
        type,
        message
      ]),
      [['error', 'The job has ended already. Read its log for the reason.']]
    )
  );
  // It can be tried again.
  await isEnabled('Cancel…');
});

test('a cancelled job has its new state, and no button to cancel it', async () => {
  const { server } = await detail(job('a'));
  server.answer('POST jobs/a/cancel', () => job('a', { state: 'Cancelled' }));
  const cancel = await press('Cancel…');
  await press('Cancel the job');
  await waitFor(() => assert.ok(!cancel.isConnected));
  const bar = screen.getByRole('toolbar', { name: 'Actions' });
  await waitFor(() => assert.ok(bar.contains(document.activeElement)));
});

test('a deleted job is gone with its details', async () => {
  const { server, section } = await detail(job('a', { state: 'Failed' }));
  server.answer('DELETE jobs/a', () => new Response(null, { status: 204 }));
  await press('Delete…');
  await press('Delete');
  await waitFor(() => assert.ok(!section.isConnected));
  assert.ok(await screen.findByText(/^No jobs yet\./));
});

test('results and usage are shown, or why they are not', async () => {
  const server = new FakeServer();
  server.answer('GET jobs/a/result', () => ({ accuracy: 0.9 }));
  server.answer('GET jobs/a/metrics', () => ({
    replicas: [
      {
        role: 'worker',
        index: 0,
        times: ['2026-11-01T10:00:00Z'],
        series: [{ name: 'cpu', values: [1.5], limit: 2 }],
        note: null
      }
    ]
  }));
  const { inside, section } = await detail(job('a'), server);
  assert.ok(await inside.findByText('accuracy'));
  const usage = await inside.findByRole('group', { name: 'Use of worker-0' });
  assert.match(usage.textContent ?? '', /CPU.*1\.5/);
  assert.deepEqual(await brokenRules(section), []);
});

test('refused results and usage are told', async () => {
  const server = new FakeServer();
  server.answer('GET jobs/a/result', () => refusal(502, 'No valid JSON.'));
  server.answer('GET jobs/a/metrics', () => refusal(503, 'Samples are away.'));
  const { inside } = await detail(job('a'), server);
  assert.ok(await inside.findByText('No valid JSON.'));
  assert.ok(await inside.findByText('Samples are away.'));
});

test('what a job was asked for is listed, with links to what it came from', async () => {
  const one = job('a', {
    restarts: [
      {
        attempt: 1,
        at: '2026-11-01T10:00:00Z',
        replica: 'worker-0',
        node: 'node-1',
        cause: 'The node was lost.',
        node_excluded: true,
        platform_failure: true
      }
    ],
    spec: spec({
      name: 'again',
      rerun_of: 'first',
      hyperparameters: { lr: 0.1 },
      secrets: { TOKEN: { secret: 'hub', key: 'token' } }
    })
  });
  const { asked, inside, section, server } = await detail(one);
  assert.ok(inside.getByText('The node was lost.'));
  assert.ok(inside.getByText('Later attempts avoid node-1.'));
  assert.ok(inside.getByText('from secret hub, key token'));
  await press('Copy id');
  await press('Rerun with changes…');
  await press('Charts');
  assert.deepEqual(
    asked.map(([name]) => name),
    ['copy', 'rerun', 'openCharts']
  );
  assert.deepEqual(await brokenRules(section), []);
  server.jobs = [
    ...server.jobs,
    job('first', { spec: spec({ name: 'first' }) })
  ];
  await press('first');
  assert.ok(await screen.findByRole('region', { name: 'Job first' }));
});
