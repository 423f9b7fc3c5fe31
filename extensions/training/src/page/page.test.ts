import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen, waitFor } from '@testing-library/react';
import type { IJob } from '@mofang/shared';

import { fill, press } from '../../../shared/testing/controls';
import { open } from '../../testing/hubPage';
import { job, replica, spec } from '../../testing/jobs';
import { clear, hasFocus } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import { announce } from './announce';
import { JobView } from './job';
import { ListView } from './list';
import { Notices, OutcomeWatch } from './notices';

const HOSTILE = '<img src=x onerror="document.title=1">';

const opened: { dispose(): void }[] = [];

afterEach(() => {
  opened.splice(0).forEach(each => each.dispose());
  clear();
});

function list(server: FakeServer, query = '') {
  const jobs = open(server, `/hub/jobs/vision${query}`);
  opened.push(new ListView(jobs, 'ada', id => `/hub/jobs/vision/${id}`));
  return jobs;
}

function view(server: FakeServer, query = '') {
  const jobs = open(server, `/hub/jobs/vision/a${query}`);
  opened.push(new JobView(jobs, 'a', '/hub/jobs/vision'));
  return jobs;
}

/** Names in the list, from above. */
function names(): (string | null)[] {
  return [...document.querySelectorAll('.mofang-job-name')].map(
    each => each.textContent
  );
}

function shown(text: RegExp): Promise<void> {
  return waitFor(() => {
    const visible = [...document.querySelectorAll('body *')].filter(
      each => !each.closest('[hidden]')
    );
    assert.ok(
      visible.some(each => text.test(each.textContent ?? '')),
      `Nothing says ${text}`
    );
  });
}

const queued = job('b', {
  state: 'Queued',
  started: null,
  created: '2026-11-02T10:00:00Z',
  reason: 'It waits for 2 GPUs.',
  queue: { position: 2, length: 5 } as IJob['queue'],
  replicas: []
});

test('the list is newest first and says how each job goes', async () => {
  list(
    new FakeServer([queued, job('a', { owner: 'ben', alert: 'It hangs.' })])
  );
  await shown(/^2 jobs$/);
  assert.deepEqual(names(), ['name-b', 'name-a']);
  await shown(/place 2 of 5 in the queue/);
  await shown(/It waits for 2 GPUs\./);
  await shown(/pytorch · ben · 1 replica · running for /);
  await shown(/^It hangs\.$/);
  const link = screen.getByRole<HTMLAnchorElement>('link', { name: 'name-b' });
  assert.equal(new URL(link.href).pathname, '/hub/jobs/vision/b');
  assert.deepEqual(await brokenRules(document.querySelector('main')!), []);
});

test('what people wrote is text', async () => {
  const hostile = { name: HOSTILE } as Partial<IJob['spec']>;
  const server = new FakeServer([
    job('a', { spec: spec(hostile), alert: HOSTILE })
  ]);
  list(server);
  await waitFor(() => assert.deepEqual(names(), [HOSTILE]));
  assert.equal(document.querySelector('img'), null);
});

test('events change rows, and keep the focus where it is', async () => {
  const server = new FakeServer([job('a')]);
  const jobs = list(server);
  announce(jobs, '');
  await shown(/^1 job$/);
  await waitFor(() => assert.equal(jobs.connectionStatus, 'live'));
  screen.getByRole('link', { name: 'name-a' }).focus();
  server.emit({ type: 'added', job: queued });
  await waitFor(() => assert.deepEqual(names(), ['name-b', 'name-a']));
  await hasFocus(() => screen.getByRole('link', { name: 'name-a' }));
  server.emit({ type: 'modified', job: job('b', { state: 'Running' }) });
  await waitFor(() =>
    assert.equal(
      document.getElementById('mofang-news')?.textContent,
      'name-b: Running'
    )
  );
  server.emit({ type: 'deleted', job: queued });
  await waitFor(() => assert.deepEqual(names(), ['name-a']));
});

test('the address has the filter, and the filter the address', async () => {
  const server = new FakeServer([
    job('a'),
    job('c', { owner: 'ben', state: 'Failed' })
  ]);
  list(server, '?state=Failed');
  await waitFor(() => assert.deepEqual(names(), ['name-c']));
  await fill('State', '');
  await waitFor(() => assert.deepEqual(names(), ['name-c', 'name-a']));
  assert.equal(window.location.search, '');
  const mine = screen.getByRole<HTMLInputElement>('checkbox', { name: 'Mine' });
  mine.checked = true;
  mine.dispatchEvent(new Event('change'));
  await waitFor(() => assert.deepEqual(names(), ['name-a']));
  assert.equal(window.location.search, '?mine=');
  const search = screen.getByRole<HTMLInputElement>('searchbox');
  search.value = 'nothing';
  search.dispatchEvent(new Event('input'));
  await shown(/^No jobs match\./);
  await press('Clear filter');
  await waitFor(() => assert.deepEqual(names(), ['name-c', 'name-a']));
  assert.equal(window.location.search, '');
  await hasFocus(() => screen.getByRole('searchbox'));
});

test('a list without jobs says what to do', async () => {
  list(new FakeServer());
  await shown(/^No jobs yet\. Start an environment/);
});

test('more are shown on demand', async () => {
  const many = Array.from({ length: 101 }, (_, at) =>
    job(`j${1000 - at}`, { spec: spec({ name: `job ${at}` }) })
  );
  list(new FakeServer(many));
  await shown(/^101 jobs$/);
  assert.equal(names().length, 100);
  await press('Show older jobs');
  await waitFor(() => assert.equal(names().length, 101));
});

test('a service that is away is said, and asked again', async () => {
  const server = new FakeServer([job('a')]);
  const away = () => refusal(502, 'The training service does not answer.');
  server.answer('GET jobs', away);
  server.answer('GET jobs/watch', away);
  list(server);
  await shown(/The training service does not answer\./);
  server.answer('GET jobs', () => ({
    jobs: server.jobs,
    next: null,
    total: 1
  }));
  await press('Try again now');
  await waitFor(() => assert.deepEqual(names(), ['name-a']));
});

const log = () =>
  new Response('[Mofang] starts\nloss 1\n', {
    headers: {
      'X-Log-Size': '23',
      'X-Log-Next': '23',
      'X-Log-Complete': 'true'
    }
  });

function failed(): FakeServer {
  const server = new FakeServer([
    job('a', {
      state: 'Failed',
      finished: '2026-11-01T10:05:10Z',
      reason: 'worker-1 ran out of memory.',
      replicas: [
        replica({ state: 'Succeeded', exit_code: 0 }),
        replica({
          index: 1,
          state: 'Failed',
          exit_code: 137,
          reason: 'Killed.'
        })
      ],
      attempt: 2,
      restarts: [
        {
          attempt: 1,
          at: '2026-11-01T10:02:00Z',
          cause: 'The node was lost.',
          node: 'gpu-1',
          replica: 'worker-0',
          node_excluded: true,
          platform_failure: true
        } as IJob['restarts'][number]
      ]
    })
  ]);
  server.answer('GET jobs/a/logs/worker/0', log);
  server.answer(
    'GET jobs/a/logs/worker/1',
    () =>
      new Response('second\n', {
        headers: {
          'X-Log-Size': '7',
          'X-Log-Next': '7',
          'X-Log-Complete': 'true'
        }
      })
  );
  return server;
}

test('a job says how it ended and why', async () => {
  view(failed());
  await shown(/^worker-1 ran out of memory\.$/);
  await shown(/^5 min$/);
  await shown(/^attempt 2$/);
  await shown(/node-1 · exit code 137/);
  await shown(/^The node was lost\.$/);
  await shown(/^\/home\/jovyan\/train\.py$/);
  assert.match(document.title, /^name-a: Failed/);
  assert.deepEqual(await brokenRules(document.querySelector('main')!), []);
});

test('each replica has its log, and the address says whose', async () => {
  view(failed());
  await shown(/loss 1/);
  await press('Log of worker-1');
  await shown(/second/);
  assert.equal(window.location.search, '?replica=worker-1');
  await hasFocus(() => screen.getByRole('log'));
  const link = screen.getByRole<HTMLAnchorElement>('link', {
    name: 'Download'
  });
  assert.equal(link.download, 'mofang-job-a-worker-1.log');
  await shown(/^Complete\.$/);
});

test('a link leads to the log of its replica', async () => {
  view(failed(), '?replica=worker-1');
  await shown(/second/);
});

test('lines of the platform can be left out', async () => {
  view(failed());
  await shown(/loss 1/);
  const box = screen.getByRole('checkbox', { name: 'Platform messages' });
  box.click();
  assert.ok(screen.getByRole('log').classList.contains('mofang-no-system'));
});

test('a job is cancelled after a question, and not without', async () => {
  const server = new FakeServer([job('a')]);
  server.answer('GET jobs/a/logs/worker/0', log);
  server.answer('POST jobs/a/cancel', () => job('a', { state: 'Cancelling' }));
  view(server);
  await press('Cancel job…');
  await press('Keep running');
  assert.equal(server.sentTo('POST jobs/a/cancel').length, 0);
  await press('Cancel job…');
  await press('Cancel the job');
  await shown(/^Cancelling$/);
  assert.equal(server.sentTo('POST jobs/a/cancel').length, 1);
});

test('a refusal is a sentence, and the job stays', async () => {
  const server = new FakeServer([job('a', { owner: 'ben' })]);
  server.answer('GET jobs/a/logs/worker/0', log);
  server.answer('POST jobs/a/cancel', () =>
    refusal(403, 'This job is ben’s. Only ben may cancel it.')
  );
  view(server);
  await press('Cancel job…');
  await press('Cancel the job');
  await shown(/^This job is ben’s\. Only ben may cancel it\.$/);
});

test('a job that is not there leads to the list', async () => {
  view(new FakeServer());
  await shown(/There is no job “a”\./);
  assert.ok(document.getElementById('mofang-retry')!.hidden);
});

test('a job that somebody deletes says so', async () => {
  const server = failed();
  const jobs = view(server);
  await shown(/loss 1/);
  await waitFor(() => assert.equal(jobs.connectionStatus, 'live'));
  server.emit({ type: 'deleted', job: server.jobs[0] });
  await shown(/^This job was deleted\./);
});

test('outcomes of one’s own jobs are told once, also after a gap', async () => {
  const server = new FakeServer([
    job('a'),
    job('b', { owner: 'ben' }),
    job('c', { state: 'Succeeded' })
  ]);
  const jobs = open(server, '/hub/jobs/vision');
  const told: string[] = [];
  new OutcomeWatch(jobs, 'ada', ({ id }, outcome) =>
    told.push(`${id} ${outcome}`)
  );
  await waitFor(() => assert.equal(server.sentTo('GET jobs').length, 1));
  await waitFor(() => assert.equal(jobs.connectionStatus, 'live'));
  server.emit({
    type: 'modified',
    job: job('b', { owner: 'ben', state: 'Failed' })
  });
  server.emit({ type: 'modified', job: job('a', { alert: 'It hangs.' }) });
  server.emit({
    type: 'modified',
    job: job('a', { alert: 'It still hangs.' })
  });
  await waitFor(() => assert.deepEqual(told, ['a Hanging']));
  server.jobs[0] = job('a', { state: 'Failed' });
  jobs.reconnect();
  await waitFor(() => assert.deepEqual(told, ['a Hanging', 'a Failed']));
});

/** Browsers' notifications, as the person answers the browser's question. */
class FakeNotification extends EventTarget {
  static permission: NotificationPermission = 'default';
  static answer: NotificationPermission = 'granted';
  static shown: FakeNotification[] = [];

  static async requestPermission(): Promise<NotificationPermission> {
    this.permission = this.answer;
    return this.permission;
  }

  constructor(
    readonly title: string,
    readonly options: NotificationOptions
  ) {
    super();
    FakeNotification.shown.push(this);
  }
}

function withNotifications(answer: NotificationPermission): Notices {
  localStorage.clear();
  FakeNotification.permission = 'default';
  FakeNotification.answer = answer;
  FakeNotification.shown = [];
  Object.assign(globalThis, { Notification: FakeNotification });
  Object.assign(window, {
    Notification: FakeNotification,
    isSecureContext: true
  });
  open(new FakeServer(), '/hub/jobs/vision');
  return new Notices(
    document.getElementById('mofang-notices') as HTMLButtonElement,
    document.getElementById('mofang-notices-note')!,
    id => `/hub/jobs/vision/${id}`
  );
}

test('notifications are shown to who asks for them, without a reason', async () => {
  const notices = withNotifications('granted');
  const failure = job('a', { state: 'Failed', reason: 'Secret words.' });
  notices.show(failure, 'Failed');
  assert.equal(FakeNotification.shown.length, 0);
  let toggled = 0;
  notices.toggled = () => toggled++;
  const button = await press('Notify me');
  await waitFor(() =>
    assert.equal(button.getAttribute('aria-pressed'), 'true')
  );
  assert.equal(toggled, 1);
  notices.show(failure, 'Failed');
  const [{ title, options }] = FakeNotification.shown;
  assert.equal(title, 'name-a has failed.');
  assert.deepEqual(options, { body: 'Project vision', tag: 'a Failed' });
  await press('Notify me');
  await waitFor(() => assert.ok(!notices.isOn));
});

test('a browser that blocks notifications is explained', async () => {
  const notices = withNotifications('denied');
  await press('Notify me');
  await shown(/^Your browser blocks notifications of this page\./);
  assert.ok(!notices.isOn);
  assert.ok(document.getElementById('mofang-notices')!.hidden);
});

test('without HTTPS there are no notifications, and it says so', async () => {
  withNotifications('granted');
  Object.assign(window, { isSecureContext: false });
  new Notices(
    document.getElementById('mofang-notices') as HTMLButtonElement,
    document.getElementById('mofang-notices-note')!,
    id => id
  );
  await shown(/^Browsers show notifications of pages by HTTPS only\.$/);
});
