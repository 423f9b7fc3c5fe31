import type { JobState } from './wire.generated';

/** Whether a job has ended for good. */
export function isFinal(state: JobState): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled';
}

/** What people call a replica: `worker-1`. */
export function replicaName(replica: { role: string; index: number }): string {
  return `${replica.role}-${replica.index}`;
}
