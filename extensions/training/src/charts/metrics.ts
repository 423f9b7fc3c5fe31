import { type IJob, type IJobMetrics, isFinal } from '@mofang/shared';
import * as React from 'react';

import type { ITrainingJobs } from '../tokens';
import { pollWhileVisible } from './polling';

export interface IMetricsState {
  /** Null until something was read. */
  metrics: IJobMetrics | null;
  problem: string;
}

/**
 * Resource usage of a job's replicas, polled while the job runs and is shown.
 *
 * @param points - Maximum number of points per series.
 * @param isShown - Whether the part of the page is in view.
 */
export function useMetrics(
  jobs: ITrainingJobs,
  job: IJob | undefined,
  points: number,
  isShown: boolean
): IMetricsState {
  const [state, setState] = React.useState<IMetricsState>({
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
    const stop = pollWhileVisible(async () => {
      const result = await readOnce(jobs, id, points);
      if (isCurrent) {
        // Keep the last metrics if a later read fails.
        setState(before => ({ ...before, ...result }));
      }
      return 'metrics' in result;
    }, hasEnded);
    return () => {
      isCurrent = false;
      stop();
    };
  }, [id, hasBegun, hasEnded, isShown, points]);
  return state;
}

async function readOnce(
  jobs: ITrainingJobs,
  id: string,
  points: number
): Promise<Partial<IMetricsState>> {
  try {
    return { metrics: await jobs.metrics(id, points), problem: '' };
  } catch (reason) {
    return { problem: reason instanceof Error ? reason.message : `${reason}` };
  }
}
