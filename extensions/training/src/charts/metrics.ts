import * as React from 'react';

import { isFinal, type IJob, type IJobMetrics } from '../model/wire';
import type { ITrainingJobs } from '../tokens';
import { keepReading } from './reading';

export interface IReading {
  /** Null until something was read. */
  metrics: IJobMetrics | null;
  problem: string;
}

/**
 * What a job's replicas used, read anew while the job runs and somebody looks.
 *
 * @param points - Of each curve, at most.
 * @param isShown - Whether the part of the page is in view.
 */
export function useMetrics(
  jobs: ITrainingJobs,
  job: IJob | undefined,
  points: number,
  isShown: boolean
): IReading {
  const [reading, setReading] = React.useState<IReading>({
    metrics: null,
    problem: ''
  });
  const id = job?.id;
  const hasBegun = Boolean(job?.started);
  const hasEnded = Boolean(job && isFinal(job.state));
  React.useEffect(() => {
    if (!id || !hasBegun || !isShown) {
      return;
    }
    let isCurrent = true;
    const stop = keepReading(async () => {
      const found = await readOnce(jobs, id, points);
      if (isCurrent) {
        // What was read before stays in view when a later reading fails.
        setReading(last => ({ ...last, ...found }));
      }
      return 'metrics' in found;
    }, hasEnded);
    return () => {
      isCurrent = false;
      stop();
    };
  }, [id, hasBegun, hasEnded, isShown, points]);
  return reading;
}

async function readOnce(
  jobs: ITrainingJobs,
  id: string,
  points: number
): Promise<Partial<IReading>> {
  try {
    return { metrics: await jobs.metrics(id, points), problem: '' };
  } catch (reason) {
    return { problem: reason instanceof Error ? reason.message : `${reason}` };
  }
}
