import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';
import type { IJob } from '@mofang/shared';

import { trans } from '../model/testDefaults';
import { JobLoader } from './jobLoader';
import type { ITrainingJobs } from '../tokens';

/** A service where some jobs can be opened and others fail with a status. */
function jobs(refused: Record<string, number> = {}) {
  const known = new Map<string, IJob>();
  const changed = new Signal<object, void>({});
  const fake = {
    changed,
    find: (id: string) => known.get(id),
    open: async (id: string) => {
      if (id in refused) {
        const problem = new Error(`Refused ${id}.`);
        throw Object.assign(problem, { status: refused[id] });
      }
      known.set(id, { id, spec: { name: `name-${id}` } } as IJob);
      changed.emit();
    }
  };
  return { jobs: fake as unknown as ITrainingJobs, known, changed, refused };
}

const flush = () => new Promise(setImmediate);

test('jobs that are there are no problem', async () => {
  const loader = new JobLoader(jobs().jobs, ['a', 'b'], trans);
  await flush();
  assert.equal(loader.problem, '');
  assert.ok(!loader.canRetry);
});

test('a job that is gone stays away', async () => {
  const loader = new JobLoader(jobs({ b: 404 }).jobs, ['a', 'b'], trans);
  await flush();
  assert.equal(loader.problem, 'Refused b.');
  assert.ok(!loader.canRetry);
});

test('another failure can be tried again', async () => {
  const service = jobs({ a: 503 });
  const loader = new JobLoader(service.jobs, ['a'], trans);
  await flush();
  assert.ok(loader.canRetry);
  delete service.refused.a;
  loader.retry();
  await flush();
  assert.equal(loader.problem, '');
});

test('a job deleted while one looks at it is told of by its name', async () => {
  const { jobs: known, known: all, changed } = jobs();
  const loader = new JobLoader(known, ['a'], trans);
  await flush();
  all.delete('a');
  changed.emit();
  assert.match(loader.problem, /^“name-a” was deleted\./);
  assert.ok(!loader.canRetry);
});
