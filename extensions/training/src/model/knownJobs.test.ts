import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KnownJobs } from './knownJobs';
import type { IJob, JobState } from './wire';

const job = (id: string, state: JobState) => ({ id, state }) as IJob;

test('what was told while an answer was under way is newer than the answer', async () => {
  const known = new KnownJobs();
  let answer!: (jobs: IJob[]) => void;
  const asked = known.ask(
    () => new Promise<IJob[]>(resolve => (answer = resolve)),
    jobs => jobs
  );
  known.take({ type: 'modified', job: job('a', 'Succeeded') });
  known.take({ type: 'deleted', job: job('b', 'Running') });
  answer([job('a', 'Running'), job('b', 'Running'), job('c', 'Running')]);
  await asked;
  assert.equal(known.find('a')?.state, 'Succeeded');
  assert.equal(known.find('b'), undefined);
  assert.equal(known.find('c')?.state, 'Running');
});

test('an answer is newer than what was told before the question', async () => {
  const known = new KnownJobs();
  known.take({ type: 'added', job: job('a', 'Queued') });
  await known.ask(
    async () => [job('a', 'Running')],
    jobs => jobs
  );
  assert.equal(known.find('a')?.state, 'Running');
});

test('after a gap only what has ended or is kept is still known', () => {
  const known = new KnownJobs();
  for (const each of [job('a', 'Failed'), job('b', 'Running')]) {
    known.take({ type: 'added', job: each });
  }
  known.take({ type: 'added', job: job('c', 'Running') });
  known.forgetUnfinished(new Set(['c']));
  const left = ['a', 'b', 'c'].filter(id => known.find(id));
  assert.deepEqual(left, ['a', 'c']);
});
