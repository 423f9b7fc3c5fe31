import { isFinal, type IJob, type IJobEvent } from './wire';

/**
 * Every job that was read or told of, in its newest state.
 *
 * What the service answers is as old as the question: a job that the watch told of
 * meanwhile is known better.
 */
export class KnownJobs {
  find(id: string): IJob | undefined {
    return this._jobs.get(id);
  }

  /** Take what the watch told. */
  take({ type, job }: IJobEvent): void {
    if (type === 'deleted') {
      this._jobs.delete(job.id);
    } else {
      this._jobs.set(job.id, job);
    }
    this._pending.forEach(told => told.add(job.id));
  }

  /** Ask for jobs, and take those of the answer of which nothing newer was told. */
  async ask<T>(
    question: () => Promise<T>,
    jobsOf: (answer: T) => IJob[]
  ): Promise<T> {
    const told = new Set<string>();
    this._pending.add(told);
    try {
      const answer = await question();
      jobsOf(answer)
        .filter(job => !told.has(job.id))
        .forEach(job => this._jobs.set(job.id, job));
      return answer;
    } finally {
      this._pending.delete(told);
    }
  }

  /** Forget what may have changed unseen; a job that ended changes no more. */
  forgetUnfinished(except: ReadonlySet<string>): void {
    for (const [id, job] of this._jobs) {
      if (!isFinal(job.state) && !except.has(id)) {
        this._jobs.delete(id);
      }
    }
  }

  forget(id: string): void {
    this._jobs.delete(id);
  }

  private _jobs = new Map<string, IJob>();
  private _pending = new Set<Set<string>>();
}
