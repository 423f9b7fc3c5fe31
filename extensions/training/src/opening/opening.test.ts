import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';

import { trans } from '../model/testDefaults';
import type { IJob } from '../model/wire';
import { Opening } from './opening';
import type { ITrainingJobs } from '../tokens';

/** Jobs of which some are known, and others refused with a status. */
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

const settled = () => new Promise(setImmediate);

test('jobs that are there are no problem', async () => {
  const opening = new Opening(jobs().jobs, ['a', 'b'], trans);
  await settled();
  assert.equal(opening.problem, '');
  assert.ok(!opening.mayTryAgain);
});

test('a job that is gone stays away', async () => {
  const opening = new Opening(jobs({ b: 404 }).jobs, ['a', 'b'], trans);
  await settled();
  assert.equal(opening.problem, 'Refused b.');
  assert.ok(!opening.mayTryAgain);
});

test('another failure can be tried again', async () => {
  const service = jobs({ a: 503 });
  const opening = new Opening(service.jobs, ['a'], trans);
  await settled();
  assert.ok(opening.mayTryAgain);
  delete service.refused.a;
  opening.tryAgain();
  await settled();
  assert.equal(opening.problem, '');
});

test('a job deleted while one looks at it is told of by its name', async () => {
  const { jobs: known, known: all, changed } = jobs();
  const opening = new Opening(known, ['a'], trans);
  await settled();
  all.delete('a');
  changed.emit();
  assert.match(opening.problem, /^“name-a” was deleted\./);
  assert.ok(!opening.mayTryAgain);
});
