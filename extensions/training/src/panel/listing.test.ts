import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signal } from '@lumino/signaling';
import type { IJob, IJobEvent, IJobList, JobState } from '@mofang/shared';

import { EVERYTHING, type IJobFilter } from '../model/jobFilter';
import type { ITrainingJobs } from '../tokens';
import { JobListing } from './listing';

function job(id: number, state: JobState = 'Running'): IJob {
  const created = new Date(1_800_000_000_000 + id * 60_000).toISOString();
  const spec = { name: `job ${id}`, framework: 'pytorch' };
  return { id: `j${id}`, created, state, owner: 'ada', spec } as IJob;
}

/** A service whose responses are released by the test. */
class Service {
  readonly jobChanged = new Signal<Service, IJobEvent>(this);
  readonly resynced = new Signal<Service, void>(this);
  requests: { filter: IJobFilter; limit: number; after: string | null }[] = [];
  private _answers: {
    resolve: (page: IJobList) => void;
    reject: (reason: Error) => void;
  }[] = [];

  query(filter: IJobFilter, limit: number, after: string | null) {
    this.requests.push({ filter, limit, after });
    return new Promise<IJobList>((resolve, reject) =>
      this._answers.push({ resolve, reject })
    );
  }

  /** Answer the oldest question. */
  async answer(jobs: IJob[], next: string | null, total: number) {
    this._answers.shift()!.resolve({ jobs, next, total });
    await flush();
  }

  async refuse(sentence: string) {
    this._answers.shift()!.reject(new Error(sentence));
    await flush();
  }
}

const flush = () => new Promise(resolve => setImmediate(resolve));
const ids = ({ list }: JobListing) => list.jobs.map(each => each.id).join(' ');

function begin(): [Service, JobListing] {
  const service = new Service();
  return [service, new JobListing(service as unknown as ITrainingJobs)];
}

test('a job told while the first page is read is in the list', async () => {
  const [service, listing] = begin();
  service.jobChanged.emit({ type: 'added', job: job(3) });
  await service.answer([job(2), job(1)], null, 2);
  assert.deepEqual([ids(listing), listing.list.total], ['j3 j2 j1', 3]);
  listing.dispose();
});

test('a page does not bring back what was deleted meanwhile', async () => {
  const [service, listing] = begin();
  await service.answer([job(3), job(2)], 'n', 4);
  listing.loadMore();
  service.jobChanged.emit({ type: 'deleted', job: job(1) });
  service.jobChanged.emit({ type: 'modified', job: job(0, 'Failed') });
  await service.answer([job(1), job(0)], null, 4);
  assert.deepEqual([ids(listing), listing.list.total], ['j3 j2 j0', 3]);
  assert.equal(listing.list.jobs[2].state, 'Failed');
  listing.dispose();
});

test('only one page is asked for at a time', async () => {
  const [service, listing] = begin();
  await service.answer([job(3)], 'n', 9);
  listing.loadMore();
  listing.loadMore();
  assert.deepEqual(
    service.requests.map(each => each.after),
    [null, 'n']
  );
  listing.dispose();
});

test('the answer to an earlier filter is dropped', async () => {
  const [service, listing] = begin();
  listing.filterBy({ ...EVERYTHING, search: 'a' });
  listing.filterBy({ ...EVERYTHING, search: 'job 2' });
  await service.answer([job(9)], null, 1);
  await service.answer([job(8)], null, 1);
  assert.deepEqual([ids(listing), listing.isReady], ['', false]);
  await service.answer([job(2)], null, 1);
  assert.deepEqual([ids(listing), listing.isReady], ['j2', true]);
  listing.dispose();
});

test('after a gap as many rows are read as there were', async () => {
  const [service, listing] = begin();
  const many = Array.from({ length: 700 }, (_, at) => job(1_000 - at));
  await service.answer(many, 'n', 900);
  service.resynced.emit();
  assert.equal(service.requests[1].limit, 500);
  await service.answer(many.slice(0, 500), 'm', 899);
  assert.deepEqual(service.requests[2], {
    filter: EVERYTHING,
    limit: 200,
    after: 'm'
  });
  await service.answer(many.slice(500), 'o', 899);
  assert.deepEqual([listing.list.jobs.length, listing.list.total], [700, 899]);
  listing.dispose();
});

test('a refusal is told, and a new try clears it', async () => {
  const [service, listing] = begin();
  await service.refuse('The service is away.');
  assert.equal(listing.problem, 'The service is away.');
  listing.reload();
  await service.answer([job(1)], null, 1);
  assert.deepEqual([ids(listing), listing.problem], ['j1', null]);
  listing.dispose();
});
