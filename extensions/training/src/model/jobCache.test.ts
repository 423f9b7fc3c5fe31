import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IJob, JobState } from '@mofang/shared';

import { JobCache } from './jobCache';

const job = (id: string, state: JobState) => ({ id, state }) as IJob;

test('what was told while an answer was under way is newer than the answer', async () => {
  const cache = new JobCache();
  let answer!: (jobs: IJob[]) => void;
  const asked = cache.read(
    () => new Promise<IJob[]>(resolve => (answer = resolve)),
    jobs => jobs
  );
  cache.applyEvent({ type: 'modified', job: job('a', 'Succeeded') });
  cache.applyEvent({ type: 'deleted', job: job('b', 'Running') });
  answer([job('a', 'Running'), job('b', 'Running'), job('c', 'Running')]);
  await asked;
  assert.equal(cache.find('a')?.state, 'Succeeded');
  assert.equal(cache.find('b'), undefined);
  assert.equal(cache.find('c')?.state, 'Running');
});

test('an answer is newer than what was told before the question', async () => {
  const cache = new JobCache();
  cache.applyEvent({ type: 'added', job: job('a', 'Queued') });
  await cache.read(
    async () => [job('a', 'Running')],
    jobs => jobs
  );
  assert.equal(cache.find('a')?.state, 'Running');
});

test('after a gap only what has ended or is kept is still known', () => {
  const cache = new JobCache();
  for (const each of [job('a', 'Failed'), job('b', 'Running')]) {
    cache.applyEvent({ type: 'added', job: each });
  }
  cache.applyEvent({ type: 'added', job: job('c', 'Running') });
  cache.dropUnfinished(new Set(['c']));
  const left = ['a', 'b', 'c'].filter(id => cache.find(id));
  assert.deepEqual(left, ['a', 'c']);
});
