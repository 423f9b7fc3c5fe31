/**
 * A list of jobs as an immutable value, updated by pages and events. Only the newest
 * jobs are loaded, up to the last requested page. Events of older jobs do not change
 * the rows, but may change the total in a way that only the service knows.
 */
import type { IJob, IJobEvent, IJobList } from '@mofang/shared';

import { type IJobFilter, matches } from './jobFilter';

export interface ILoadedJobs {
  /** Newest first. */
  jobs: readonly IJob[];
  /** Where the next page begins; null when all are loaded. */
  next: string | null;
  total: number;
  /** Whether only the service can tell the total now. */
  isTotalStale: boolean;
}

export const NO_JOBS: ILoadedJobs = {
  jobs: [],
  next: null,
  total: 0,
  isTotalStale: false
};

/** Newest first; jobs of the same second as the service orders them. */
export function compareJobs(a: IJob, b: IJob): number {
  if (a.created !== b.created) {
    return a.created < b.created ? 1 : -1;
  }
  return a.id === b.id ? 0 : a.id < b.id ? 1 : -1;
}

/** Append a page; its jobs replace older versions. */
export function withPage(list: ILoadedJobs, page: IJobList): ILoadedJobs {
  const byId = new Map(list.jobs.map(job => [job.id, job]));
  page.jobs.forEach(job => byId.set(job.id, job));
  const jobs = [...byId.values()].sort(compareJobs);
  return {
    jobs,
    next: page.next,
    total: page.next === null ? jobs.length : (page.total ?? jobs.length),
    isTotalStale: false
  };
}

/** Apply an event of the watch; idempotent. */
export function applyEvent(
  list: ILoadedJobs,
  filter: IJobFilter,
  { type, job }: IJobEvent
): ILoadedJobs {
  const at = list.jobs.findIndex(each => each.id === job.id);
  const isMatch = type !== 'deleted' && matches(job, filter);
  if (at < 0) {
    return isMatch ? appeared(list, job) : skipped(list, filter, job, type);
  }
  const jobs = [...list.jobs];
  if (isMatch) {
    jobs[at] = job;
    return { ...list, jobs };
  }
  jobs.splice(at, 1);
  return { ...list, jobs, total: list.total - 1 };
}

function appeared(list: ILoadedJobs, job: IJob): ILoadedJobs {
  if (isBeyond(list, job)) {
    return { ...list, isTotalStale: true };
  }
  const at = list.jobs.findIndex(each => compareJobs(job, each) < 0);
  const jobs = [...list.jobs];
  jobs.splice(at < 0 ? jobs.length : at, 0, job);
  return { ...list, jobs, total: list.total + 1 };
}

/** A job that neither matches nor is loaded may still be part of the total. */
function skipped(
  list: ILoadedJobs,
  filter: IJobFilter,
  job: IJob,
  type: IJobEvent['type']
): ILoadedJobs {
  const mayCount = matches(job, { ...filter, states: [] });
  const mayBeRemoved = type === 'deleted' || filter.states.length > 0;
  return mayCount && mayBeRemoved && isBeyond(list, job)
    ? { ...list, isTotalStale: true }
    : list;
}

/** Whether a job sorts after the loaded jobs. */
function isBeyond(list: ILoadedJobs, job: IJob): boolean {
  const last = list.jobs[list.jobs.length - 1];
  return list.next !== null && (!last || compareJobs(job, last) > 0);
}
