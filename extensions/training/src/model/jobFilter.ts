/** Filters of a job list, with the semantics of the service. */
import type { IJob, JobState } from '@mofang/shared';

/** Which jobs of a list are wanted. */
export interface IJobFilter {
  states: readonly JobState[];
  owner: string;
  framework: string;
  /** Part of the name or the id. */
  search: string;
}

export const EVERYTHING: IJobFilter = {
  states: [],
  owner: '',
  framework: '',
  search: ''
};

/** States of jobs that have not ended. */
export const ACTIVE: readonly JobState[] = [
  'Submitted',
  'Queued',
  'Running',
  'Restarting',
  'Cancelling'
];

export function isEmpty(filter: IJobFilter): boolean {
  const { states, owner, framework, search } = filter;
  return states.length === 0 && !owner && !framework && !search;
}

export function matches(job: IJob, filter: IJobFilter): boolean {
  const { states, owner, framework, search } = filter;
  const text = search.toLowerCase();
  return (
    (!owner || job.owner === owner) &&
    (!framework || job.spec.framework === framework) &&
    (!text ||
      job.id.includes(text) ||
      job.spec.name.toLowerCase().includes(text)) &&
    (states.length === 0 || states.includes(job.state))
  );
}

/** The parameters of a request for such jobs; a name may come several times. */
export function filterQuery(filter: IJobFilter): [string, string][] {
  const single: [string, string][] = [
    ['owner', filter.owner],
    ['framework', filter.framework],
    ['search', filter.search]
  ];
  return [
    ...filter.states.map((state): [string, string] => ['state', state]),
    ...single.filter(([, value]) => value !== '')
  ];
}
