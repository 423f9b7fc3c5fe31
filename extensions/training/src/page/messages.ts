import { type IJob, isFinal } from '@mofang/shared';

import { runTime, since } from '../model/duration';

/** How long a job waits, runs, or ran. */
export function elapsed(job: IJob, now: number): string {
  const duration = runTime(job, now);
  if (isFinal(job.state)) {
    const ended = job.finished ? `ended ${since(job.finished, now)} ago` : '';
    return [duration && `ran ${duration}`, ended].filter(Boolean).join(', ');
  }
  return duration
    ? `running for ${duration}`
    : `waiting for ${since(job.created, now)}`;
}

/** The place of a job in the queue; null where it does not wait. */
export function queuePosition({ queue }: IJob): string | null {
  return queue && `place ${queue.position} of ${queue.length} in the queue`;
}

/** The number of the attempt, from the second on. */
export function attemptOf({ attempt }: IJob): string | null {
  return attempt > 1 ? `attempt ${attempt}` : null;
}

/** How large a job is. */
export function sizeOf({ spec, replicas }: IJob): string {
  const count = replicas.length || spec.replicas;
  const { gpu } = spec.resources;
  const size = count === 1 ? '1 replica' : `${count} replicas`;
  return gpu > 0 ? `${size}, ${gpu} GPU each` : size;
}
