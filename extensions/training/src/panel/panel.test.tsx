import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import type { IJob } from '@mofang/shared';

import { fill, isDisabled, press } from '../../../shared/testing/controls';
import { job, spec } from '../../testing/jobs';
import { clear, hasFocus } from '../../testing/page';
import { openPanel } from '../../testing/panel';
import { FakeServer, refusal } from '../../testing/server';

afterEach(clear);

/** Buttons of the rows, in the order of the page. */
async function rows(): Promise<HTMLElement[]> {
  const list = await screen.findByRole('list', { name: /Jobs of project/ });
  return within(list).getAllByRole('button');
}

const firstRow = () =>
  document.querySelector<HTMLElement>('.mf-JobButton[data-row="0"]');

const three = () => ['c', 'b', 'a'].map(id => job(id));

test('jobs are rows, newest first, each with its state', async () => {
  openPanel(new FakeServer([job('b', { state: 'Failed' }), job('a')]));
  const found = await rows();
  assert.deepEqual(
    found.map(each => each.textContent?.match(/name-.|Failed|Running/g)),
    [
      ['name-b', 'Failed'],
      ['name-a', 'Running']
    ]
  );
  const label = screen.getByRole('button', { name: 'name-a' });
  assert.ok(label.getAttribute('aria-describedby'));
  assert.ok(await screen.findByText('2 jobs'));
  assert.ok(screen.getByRole('list', { name: 'Jobs of project vision' }));
});

test('while jobs are read the panel says so', async () => {
  const server = new FakeServer();
  let answer: (page: unknown) => void = () => {};
  server.answer('GET jobs', () => new Promise(resolve => (answer = resolve)));
  openPanel(server);
  const sentence = await screen.findByText('Loading jobs…');
  assert.equal(sentence.parentElement?.getAttribute('aria-busy'), 'true');
  await waitFor(() => assert.ok(server.sentTo('GET jobs').length > 0));
  answer({ jobs: [], next: null, total: 0 });
  server.answer('GET jobs', () => ({ jobs: [], next: null, total: 0 }));
  assert.ok(await screen.findByText(/^No jobs yet\. Start one/));
});

test('a refused list says why, and is read again on request', async () => {
  const server = new FakeServer(three());
  server.answer('GET jobs', () =>
    refusal(503, 'The service is restarting. Try again in a minute.')
  );
  openPanel(server);
  assert.ok(await screen.findByText(/The service is restarting\./));
  server.answer('GET jobs', () => ({ jobs: three(), next: null, total: 3 }));
  await press('Try again now');
  assert.equal((await rows()).length, 3);
  await waitFor(() =>
    assert.ok(!screen.queryByRole('button', { name: 'Try again now' }))
  );
  // The button is gone: the list has the focus, and not the top of the page.
  await hasFocus(firstRow);
});

test('arrow keys go through the rows, one of which the tab key reaches', async () => {
  openPanel(new FakeServer(three()));
  const found = await rows();
  const stops = async () =>
    (await rows()).map(each => each.getAttribute('tabindex'));
  assert.deepEqual(await stops(), ['0', '-1', '-1']);
  found[0].focus();
  fireEvent.keyDown(found[0], { key: 'ArrowDown' });
  await hasFocus(() => found[1]);
  await waitFor(async () => assert.deepEqual(await stops(), ['-1', '0', '-1']));
  fireEvent.keyDown(found[1], { key: 'End' });
  await hasFocus(() => found[2]);
  fireEvent.keyDown(found[2], { key: 'ArrowDown' });
  fireEvent.keyDown(found[2], { key: 'Home' });
  await hasFocus(() => found[0]);
});

test('the filter is asked of the service; clearing it brings all back', async () => {
  const server = new FakeServer([
    job('b', { state: 'Failed' }),
    job('a', { owner: 'grace', spec: spec({ name: 'other' }) })
  ]);
  openPanel(server);
  assert.equal((await rows()).length, 2);
  await fill('State', 'Failed');
  assert.ok(await screen.findByText('1 job'));
  assert.equal((await rows()).length, 1);
  await press('Clear filter');
  assert.ok(await screen.findByText('2 jobs'));
  await hasFocus(firstRow);

  await press('Mine', { role: 'checkbox' });
  assert.ok(await screen.findByText('1 job'));
  assert.equal(server.sentTo('GET jobs').at(-1)?.query.get('owner'), 'ada');
  await fill('Search jobs by name or id', 'other');
  assert.ok(
    await screen.findByText('No jobs match. Change or clear the filter.')
  );
});

test('of many jobs those in view are drawn, and older ones are read', async () => {
  const created = (at: number) => new Date(Date.UTC(2026, 9, 1) - at * 1000);
  const all = Array.from({ length: 250 }, (_, at) =>
    job(`j${at}`, { created: created(at).toISOString() })
  );
  const server = new FakeServer(all);
  openPanel(server);
  assert.ok(await screen.findByText('250 jobs'));
  assert.ok((await rows()).length < 60);
  const list = screen.getByRole('list', { name: /Jobs of project/ });
  const scroller = list.parentElement!;
  scroller.scrollTop = 64 * 90;
  fireEvent.scroll(scroller);
  assert.ok(await screen.findByRole('button', { name: 'name-j90' }));
  const row = screen.getByRole('button', { name: 'name-j90' }).closest('li')!;
  assert.equal(row.getAttribute('aria-posinset'), '91');
  assert.equal(row.getAttribute('aria-setsize'), '250');
  await waitFor(() =>
    assert.ok(server.sentTo('GET jobs').some(each => each.query.has('after')))
  );
  // The row at which the tab key stops stays, though it is out of view.
  assert.equal((await rows())[0].getAttribute('tabindex'), '0');
  assert.ok(!screen.queryByRole('button', { name: 'name-j50' }));
});

test('events add, change and remove rows', async () => {
  const server = new FakeServer([job('a')]);
  openPanel(server);
  await rows();
  await waitFor(() => assert.ok(server.sentTo('GET jobs').length > 1));
  server.emit({
    type: 'added',
    job: job('b', { created: '2026-11-02T10:00:00Z' })
  });
  assert.ok(await screen.findByRole('button', { name: 'name-b' }));
  server.emit({ type: 'modified', job: job('a', { state: 'Succeeded' }) });
  await waitFor(async () =>
    assert.match((await rows())[1].textContent ?? '', /Succeeded/)
  );
  server.emit({ type: 'deleted', job: job('b') });
  await waitFor(async () => assert.equal((await rows()).length, 1));
});

test('the panel leads to the page of jobs, and to the selected one there', async () => {
  const { model } = openPanel(new FakeServer(three()));
  const link = await screen.findByRole<HTMLAnchorElement>('link', {
    name: 'Open the page of jobs, which needs no server'
  });
  assert.equal(link.getAttribute('href'), '/hub/jobs/vision');
  assert.match(link.rel, /noopener/);
  await rows();
  model.select('b');
  await waitFor(() =>
    assert.equal(link.getAttribute('href'), '/hub/jobs/vision/b')
  );
});

test('a lost connection is told, with a button to connect at once', async () => {
  const server = new FakeServer([job('a')]);
  server.answer('GET jobs/watch', () =>
    refusal(403, 'Your session has ended. Log in again.')
  );
  openPanel(server);
  assert.ok(await screen.findByText('Your session has ended. Log in again.'));
  const before = server.sentTo('GET jobs/watch').length;
  await press('Try again now');
  await waitFor(() =>
    assert.ok(server.sentTo('GET jobs/watch').length > before)
  );
});

test('two jobs are chosen and compared; clearing keeps the focus', async () => {
  const { asked } = openPanel(new FakeServer(three()));
  await rows();
  const choose = (name: string) =>
    press(`Choose ${name} to compare`, { role: 'checkbox' });
  await choose('name-a');
  assert.ok(await screen.findByText('Choose one more to compare'));
  assert.ok(isDisabled(screen.getByRole('button', { name: 'Compare' })));
  await choose('name-c');
  assert.ok(await screen.findByText('2 jobs chosen'));
  await press('Compare');
  assert.deepEqual(asked, [['compare', ['a', 'c']]]);
  await press('Clear');
  await waitFor(() => {
    assert.ok(!screen.queryByText('2 jobs chosen'));
    assert.ok(document.activeElement !== document.body);
  });
});

test('the panel is accessible with rows, without, and with details', async () => {
  const server = new FakeServer(
    three().map((each: IJob) => ({ ...each, alert: 'No output for an hour.' }))
  );
  const { widget, model } = openPanel(server);
  await rows();
  assert.deepEqual(await brokenRules(widget.node), []);
  model.select('b');
  assert.ok(await screen.findByRole('region', { name: 'Job name-b' }));
  assert.deepEqual(await brokenRules(widget.node), []);
  model.select('');
  await fill('State', 'Cancelled');
  assert.ok(await screen.findByText(/No jobs match/));
  assert.deepEqual(await brokenRules(widget.node), []);
});
