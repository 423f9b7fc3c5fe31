import type { IJobEvent } from '@mofang/shared';

import type { ITrainingJobs } from '../tokens';
import { byId, setText } from './dom';

/**
 * Say for screen readers when a job's state changes.
 *
 * @param only Id of the job that the page is about; empty for all of the project.
 */
export function announce(jobs: ITrainingJobs, only: string): void {
  const states = new Map<string, string>();
  jobs.jobChanged.connect((_, { type, job }: IJobEvent) => {
    const before = states.get(job.id);
    states.set(job.id, job.state);
    const isNews = type === 'added' || (before && before !== job.state);
    if (type !== 'deleted' && isNews && (!only || job.id === only)) {
      setText(byId('mofang-news'), `${job.spec.name}: ${job.state}`);
    }
  });
  jobs.changed.connect(() => {
    const job = only ? jobs.find(only) : undefined;
    if (job && !states.has(job.id)) {
      states.set(job.id, job.state);
    }
  });
}
