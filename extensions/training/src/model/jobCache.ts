import { type IJob, type IJobEvent, isFinal } from '@mofang/shared';

/**
 * Cache of the newest known state of each job. A response reflects the time of its
 * request: jobs that the watch reported in the meantime are newer and are kept.
 */
export class JobCache {
  find(id: string): IJob | undefined {
    return this._jobs.get(id);
  }

  /** Apply an event of the watch. */
  applyEvent({ type, job }: IJobEvent): void {
    if (type === 'deleted') {
      this._jobs.delete(job.id);
    } else {
      this._jobs.set(job.id, job);
    }
    this._pendingReads.forEach(changedIds => changedIds.add(job.id));
  }

  /** Fetch jobs and store those that had no event since the request. */
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

  /**
   * Drop jobs that may have changed while disconnected; finished jobs no longer change.
   */
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
