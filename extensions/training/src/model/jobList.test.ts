import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IJob, JobState } from '@mofang/shared';

import { EVERYTHING, filterQuery, type IJobFilter, matches } from './jobFilter';
import { applyEvent, NO_JOBS, withPage, type ILoadedJobs } from './jobList';

function job(id: string, hour: number, state: JobState = 'Running'): IJob {
  const spec = { name: `Name of ${id}`, framework: 'pytorch' };
  const created = `2026-11-23T${String(hour).padStart(2, '0')}:00:00Z`;
  return { id, created, state, owner: 'ada', spec } as unknown as IJob;
}

function listOf(jobs: IJob[], next: string | null, total: number): ILoadedJobs {
  return withPage(NO_JOBS, { jobs, next, total });
}

const oldest = job('oldest', 3);
const old = job('old', 4);
const young = job('young', 5);
const running: IJobFilter = { ...EVERYTHING, states: ['Running'] };
const ids = (list: ILoadedJobs) => list.jobs.map(each => each.id);
const jobEvent = (type: 'added' | 'modified' | 'deleted', job: IJob) => ({
  type,
  job
});

test('the newest job comes first, in whatever order they arrive', () => {
  assert.deepEqual(ids(listOf([old, young], null, 2)), ['young', 'old']);
  const list = listOf([old], null, 1);
  const added = applyEvent(list, EVERYTHING, jobEvent('added', young));
  assert.deepEqual([ids(added), added.total], [['young', 'old'], 2]);
});

test('jobs of one second stand as the service orders them', () => {
  const list = listOf([job('a', 4), job('b', 4)], null, 2);
  assert.deepEqual(ids(list), ['b', 'a']);
});

test('a change takes the place of what was known', () => {
  const list = listOf([young, old], null, 2);
  const failed = jobEvent('modified', job('old', 4, 'Failed'));
  const changed = applyEvent(list, EVERYTHING, failed);
  assert.deepEqual([ids(changed), changed.total], [['young', 'old'], 2]);
  assert.equal(changed.jobs[1].state, 'Failed');
});

test('an event that comes twice changes nothing more', () => {
  const list = listOf([old], null, 1);
  for (const event of [jobEvent('added', young), jobEvent('deleted', old)]) {
    const once = applyEvent(list, EVERYTHING, event);
    assert.deepEqual(applyEvent(once, EVERYTHING, event), once);
  }
});

test('a job whose state no longer matches leaves the list and the total', () => {
  const list = listOf([young, old], 'more', 40);
  const left = applyEvent(
    list,
    running,
    jobEvent('modified', job('old', 4, 'Failed'))
  );
  assert.deepEqual(ids(left), ['young']);
  assert.deepEqual([left.total, left.isTotalStale], [39, false]);
});

test('a job whose state begins to match joins in its place', () => {
  const list = listOf([young, oldest], null, 2);
  const joined = applyEvent(list, running, jobEvent('modified', old));
  assert.deepEqual(ids(joined), ['young', 'old', 'oldest']);
  assert.equal(joined.total, 3);
});

test('a new job that is not wanted is not shown', () => {
  const list = listOf([old], null, 1);
  const queued = jobEvent('added', job('young', 5, 'Queued'));
  assert.equal(applyEvent(list, running, queued), list);
  const mine = { ...EVERYTHING, owner: 'ben' };
  assert.equal(applyEvent(list, mine, jobEvent('added', young)), list);
});

test('what is older than the loaded pages waits for its page', () => {
  const list = listOf([young, old], 'more', 3);
  const changed = applyEvent(list, running, jobEvent('modified', oldest));
  assert.deepEqual(ids(changed), ['young', 'old']);
  assert.equal(changed.isTotalStale, true);
  const all = withPage(changed, { jobs: [oldest], next: null, total: 3 });
  assert.deepEqual(ids(all), ['young', 'old', 'oldest']);
  assert.deepEqual([all.total, all.isTotalStale], [3, false]);
});

test('only the service knows the total after an unloaded job went', () => {
  const list = listOf([young], 'more', 3);
  assert.equal(
    applyEvent(list, EVERYTHING, jobEvent('deleted', oldest)).isTotalStale,
    true
  );
  const ended = jobEvent('modified', job('oldest', 3, 'Failed'));
  assert.equal(applyEvent(list, running, ended).isTotalStale, true);
  // Without a wish for states, a change of state leaves the number alone.
  const owner = { ...EVERYTHING, owner: 'ben' };
  assert.equal(applyEvent(list, owner, ended).isTotalStale, false);
});

test('a filter wants everything it names', () => {
  assert.equal(matches(young, { ...EVERYTHING, search: 'NAME OF y' }), true);
  assert.equal(matches(young, { ...EVERYTHING, search: 'ung' }), true);
  assert.equal(matches(young, { ...EVERYTHING, search: 'old' }), false);
  assert.equal(matches(young, { ...running, owner: 'ada' }), true);
  assert.equal(matches(young, { ...running, owner: 'ben' }), false);
  assert.equal(matches(young, { ...running, framework: 'mpi' }), false);
});

test('a request names every state and leaves out what is not asked', () => {
  const filter: IJobFilter = {
    states: ['Running', 'Queued'],
    owner: '',
    framework: 'mpi',
    search: 'a b'
  };
  assert.deepEqual(filterQuery(filter), [
    ['state', 'Running'],
    ['state', 'Queued'],
    ['framework', 'mpi'],
    ['search', 'a b']
  ]);
});
