import { isFinal, type IJob, type IJobEvent } from './wire';

/**
 * Every job that was read or told of, in its newest state.
 *
 * What the service answers is as old as the question: a job that the watch told of
 * meanwhile is known better.
 */
export class JobCache {
  find(id: string): IJob | undefined {
    return this._jobs.get(id);
  }

  /** Take what the watch told. */
  applyEvent({ type, job }: IJobEvent): void {
    if (type === 'deleted') {
      this._jobs.delete(job.id);
    } else {
      this._jobs.set(job.id, job);
    }
    this._pendingReads.forEach(changedIds => changedIds.add(job.id));
  }

  /** Ask for jobs, and take those of the answer of which nothing newer was told. */
  async read<T>(
    fetchAnswer: () => Promise<T>,
    jobsOf: (answer: T) => IJob[]
  ): Promise<T> {
    const changedIds = new Set<string>();
    this._pendingReads.add(changedIds);
    try {
      const answer = await fetchAnswer();
      jobsOf(answer)
        .filter(job => !changedIds.has(job.id))
        .forEach(job => this._jobs.set(job.id, job));
      return answer;
    } finally {
      this._pendingReads.delete(changedIds);
    }
  }

  /** Forget what may have changed unseen; a job that ended changes no more. */
  dropUnfinished(except: ReadonlySet<string>): void {
    for (const [id, job] of this._jobs) {
      if (!isFinal(job.state) && !except.has(id)) {
        this._jobs.delete(id);
      }
    }
  }

  drop(id: string): void {
    this._jobs.delete(id);
  }

  private _jobs = new Map<string, IJob>();
  private _pendingReads = new Set<Set<string>>();
}
