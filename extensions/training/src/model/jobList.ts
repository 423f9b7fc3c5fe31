/**
 * The list of jobs as a value: pages and events go in, an ordered list comes out.
 */
import type { IJob, IJobEvent } from './wire';

/** Newest first; jobs of the same second in the order of their ids. */
export function sorted(jobs: Iterable<IJob>): IJob[] {
  return [...jobs].sort(
    (a, b) => b.created.localeCompare(a.created) || a.id.localeCompare(b.id)
  );
}

export function applyEvent(jobs: readonly IJob[], event: IJobEvent): IJob[] {
  const others = jobs.filter(job => job.id !== event.job.id);
  return event.type === 'deleted' ? others : sorted([...others, event.job]);
}

/** Put jobs into the list; the newer knowledge is the one that comes in. */
export function merge(
  jobs: readonly IJob[],
  incoming: readonly IJob[]
): IJob[] {
  const byId = new Map(jobs.map(job => [job.id, job]));
  incoming.forEach(job => byId.set(job.id, job));
  return sorted(byId.values());
}

/** Keep the jobs in whose name, id, owner, state or script all words occur. */
export function filtered(jobs: readonly IJob[], text: string): IJob[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return jobs.filter(job => {
    const told = [job.spec.name, job.id, job.owner, job.state, job.spec.script]
      .join(' ')
      .toLowerCase();
    return words.every(word => told.includes(word));
  });
}
