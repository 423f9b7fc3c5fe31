import assert from 'node:assert/strict';
import { test } from 'node:test';

import { applyEvent, filtered, merge } from './jobList';
import type { IJob, JobState } from './wire';

function job(id: string, created: string, state: JobState = 'Running'): IJob {
  const spec = { name: id, script: '/home/jovyan/train.py' };
  return { id, created, state, owner: 'ada', spec } as unknown as IJob;
}

const old = job('old', '2026-11-23T04:00:00Z');
const young = job('young', '2026-11-23T05:00:00Z');
const ids = (jobs: readonly IJob[]) => jobs.map(each => each.id);

test('the newest job comes first, in whatever order they arrive', () => {
  assert.deepEqual(ids(merge([], [old, young])), ['young', 'old']);
  const added = applyEvent([old], { type: 'added', job: young });
  assert.deepEqual(ids(added), ['young', 'old']);
});

test('a change takes the place of what was known', () => {
  const failed = job('old', old.created, 'Failed');
  const jobs = applyEvent([young, old], { type: 'modified', job: failed });
  assert.deepEqual(ids(jobs), ['young', 'old']);
  assert.equal(jobs[1].state, 'Failed');
});

test('an event that comes twice changes nothing more', () => {
  const once = applyEvent([old], { type: 'added', job: young });
  assert.deepEqual(applyEvent(once, { type: 'added', job: young }), once);
});

test('a deleted job goes, and going twice is fine', () => {
  const gone = applyEvent([young, old], { type: 'deleted', job: old });
  assert.deepEqual(ids(gone), ['young']);
  assert.deepEqual(applyEvent(gone, { type: 'deleted', job: old }), gone);
});

test('a filter wants every word, in any field and any case', () => {
  const jobs = [young, job('other', old.created, 'Failed')];
  assert.deepEqual(ids(filtered(jobs, 'FAILED oth')), ['other']);
  assert.deepEqual(ids(filtered(jobs, 'train.py')), ['young', 'other']);
  assert.deepEqual(ids(filtered(jobs, 'young failed')), []);
});
