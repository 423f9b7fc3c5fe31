import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen, waitFor } from '@testing-library/react';

import { press } from '../../../shared/testing/controls';
import { job } from '../../testing/jobs';
import { attach, clear, hasFocus, jobsOf, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import { ChartsWidget } from './widget';

afterEach(clear);

const metrics = {
  replicas: [0, 1].map(index => ({
    role: 'worker',
    index,
    times: ['2026-11-01T10:00:00Z', '2026-11-01T10:01:00Z'],
    series: [{ name: 'cpu', values: [1, 2], limit: 4 }],
    note: null
  }))
};

function charts(server: FakeServer): HTMLElement {
  return attach(new ChartsWidget(jobsOf(server), 'a', trans)).node;
}

test('each replica is a line that the legend hides', async () => {
  const server = new FakeServer([job('a')]);
  server.answer('GET jobs/a/metrics', () => metrics);
  const node = charts(server);
  const chart = await screen.findByRole('application', { name: /^CPU\. Last/ });
  assert.match(chart.getAttribute('aria-label') ?? '', /worker-1 2 cores/);
  const toggle = screen.getByRole('button', { name: /worker-1/ });
  assert.equal(toggle.getAttribute('aria-pressed'), 'true');
  await press(/worker-1/);
  await waitFor(() => {
    assert.equal(toggle.getAttribute('aria-pressed'), 'false');
    assert.doesNotMatch(chart.getAttribute('aria-label') ?? '', /worker-1/);
  });
  assert.deepEqual(await brokenRules(node), []);
});

test('a job that has not started has no charts, and says so', async () => {
  charts(new FakeServer([job('a', { state: 'Queued', started: null })]));
  assert.ok(await screen.findByText(/the job has not started\.$/));
});

test('a job without measurements says so', async () => {
  charts(new FakeServer([job('a')]));
  assert.ok(await screen.findByText('Nothing was measured yet.'));
});

test('refused measurements are told', async () => {
  const server = new FakeServer([job('a')]);
  server.answer('GET jobs/a/metrics', () =>
    refusal(502, 'The samples cannot be read. Ask an administrator.')
  );
  const node = charts(server);
  assert.ok(await screen.findByText(/The samples cannot be read\./));
  assert.deepEqual(await brokenRules(node), []);
});

test('a job that cannot be read is told, and read again on request', async () => {
  const server = new FakeServer([job('a')]);
  server.answer('GET jobs/a', () => refusal(503, 'The service restarts.'));
  const node = charts(server);
  assert.ok(await screen.findByText(/The service restarts\./));
  server.answer('GET jobs/a', () => job('a'));
  await press('Try again');
  assert.ok(await screen.findByRole('heading', { name: 'name-a' }));
  await hasFocus(() => node);
});
