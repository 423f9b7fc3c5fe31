import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen, waitFor } from '@testing-library/react';

import { press } from '../../../shared/testing/controls';
import { job, spec } from '../../testing/jobs';
import { attach, clear, hasFocus, jobsOf, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import { ComparisonWidget, type OpenBoards } from './widget';

afterEach(clear);

const left = job('a', {
  spec: spec({
    name: 'small',
    hyperparameters: { lr: 0.1 },
    outputs: [
      {
        name: 'model',
        path: '/home/jovyan/a',
        pass_as: 'parameter',
        staged: false,
        preload: false
      }
    ]
  })
});
const right = job('b', {
  state: 'Failed',
  reason: 'The script ended with exit code 1.',
  spec: spec({ name: 'large', hyperparameters: { lr: 0.01 } })
});

function compare(server: FakeServer, open: OpenBoards = null): HTMLElement {
  const jobs = jobsOf(server);
  return attach(new ComparisonWidget(jobs, ['a', 'b'], () => open, trans)).node;
}

/** The texts of a row, its name first. */
async function row(name: string): Promise<(string | null)[]> {
  const header = await screen.findByRole('rowheader', { name });
  return [...header.closest('tr')!.cells].map(each => each.textContent);
}

test('what differs comes first; what is equal is shown on request', async () => {
  const node = compare(new FakeServer([left, right]));
  assert.deepEqual(await row('hyperparameters.lr'), [
    'hyperparameters.lr',
    '0.1',
    '0.01'
  ]);
  assert.deepEqual(await row('State'), ['State', 'Running', 'Failed']);
  assert.deepEqual(await row('Reason'), ['Reason', '–', right.reason]);
  assert.ok(!screen.queryByRole('rowheader', { name: 'framework' }));
  const more = screen.getByRole('button', { name: /identical settings$/ });
  assert.equal(more.getAttribute('aria-expanded'), 'false');
  await press(/identical settings$/);
  assert.deepEqual(await row('framework'), ['framework', 'pytorch', 'pytorch']);
  await waitFor(() => assert.equal(more.getAttribute('aria-expanded'), 'true'));
  assert.deepEqual(await brokenRules(node), []);
});

test('jobs of the same settings say so', async () => {
  const same = { ...right, spec: left.spec };
  compare(new FakeServer([left, same]));
  assert.ok(await screen.findByText('None: both were asked for the same.'));
});

test('results are compared, and why one could not be read', async () => {
  const server = new FakeServer([left, right]);
  server.answer('GET jobs/a/result', () => ({ loss: 0.5 }));
  server.answer('GET jobs/b/result', () =>
    refusal(502, 'The result is not valid JSON.')
  );
  const node = compare(server);
  assert.deepEqual(await row('loss'), ['loss', '0.5', '–']);
  assert.deepEqual(await row('Could not be read'), [
    'Could not be read',
    '',
    'The result is not valid JSON.'
  ]);
  assert.deepEqual(await brokenRules(node), []);
});

test('the outputs of both are opened in one TensorBoard', async () => {
  const opened: unknown[][] = [];
  compare(new FakeServer([left, right]), (...args) => void opened.push(args));
  await press('TensorBoard');
  const [[directories, title]] = opened;
  assert.deepEqual(Object.values(directories as object), ['/home/jovyan/a']);
  assert.equal(title, 'small · large');
});

test('without an output directory TensorBoard has nothing to show', async () => {
  compare(new FakeServer([{ ...left, spec: right.spec }, right]), () => {});
  const button = await screen.findByRole<HTMLButtonElement>('button', {
    name: 'TensorBoard'
  });
  assert.ok(button.disabled);
  assert.equal(button.title, 'Neither job has an output directory');
});

test('a job that cannot be read is told, and read again on request', async () => {
  const server = new FakeServer([left, right]);
  server.answer('GET jobs/b', () => refusal(503, 'The service restarts.'));
  const node = compare(server);
  assert.ok(await screen.findByText(/The service restarts\./));
  assert.deepEqual(await brokenRules(node), []);
  server.answer('GET jobs/b', () => right);
  await press('Try again');
  assert.ok(await screen.findByRole('table'));
  // The button is gone: the tab has the focus, and not the top of the page.
  await hasFocus(() => node);
});

test('a job that is deleted meanwhile is told by its name', async () => {
  const server = new FakeServer([left, right]);
  compare(server);
  assert.ok(await screen.findByRole('table'));
  server.emit({ type: 'deleted', job: right });
  assert.ok(await screen.findByText(/“large” was deleted\./));
  await waitFor(() =>
    assert.ok(!screen.queryByRole('button', { name: 'Try again' }))
  );
});
