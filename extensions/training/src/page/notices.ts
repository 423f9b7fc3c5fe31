import { type IJob, type IJobEvent, isFinal } from '@mofang/shared';

import { EVERYTHING } from '../model/jobFilter';
import type { ITrainingJobs } from '../tokens';

const REMEMBERED = 'mofang-notices';
/** How many of a person's newest jobs are looked at after a lost connection. */
const NEWEST = 100;

/** What a notice tells of a job; null while there is nothing to tell. */
export type Outcome = 'Succeeded' | 'Failed' | 'Cancelled' | 'Hanging' | null;

const MESSAGES = {
  Succeeded: 'has succeeded.',
  Failed: 'has failed.',
  Cancelled: 'was cancelled.',
  Hanging: 'seems to hang.'
};

export function outcomeOf(job: IJob): Outcome {
  if (isFinal(job.state)) {
    return job.state as Outcome;
  }
  return job.alert ? 'Hanging' : null;
}

/** Finds out when the outcome of one of a person's jobs becomes another. */
export class OutcomeWatch {
  constructor(
    jobs: ITrainingJobs,
    private _user: string,
    private _changed: (job: IJob, outcome: NonNullable<Outcome>) => void
  ) {
    jobs.jobChanged.connect((_, event) => this._onEvent(event));
    jobs.resynced.connect(() => void this._read(jobs));
  }

  private _onEvent({ type, job }: IJobEvent): void {
    if (type === 'deleted') {
      this._outcomes.delete(job.id);
    } else {
      this._observe(job);
    }
  }

  /** Look at what may have changed while nothing was heard. */
  private async _read(jobs: ITrainingJobs): Promise<void> {
    const filter = { ...EVERYTHING, owner: this._user };
    try {
      const page = await jobs.query(filter, NEWEST, null);
      page.jobs.forEach(job => this._observe(jobs.find(job.id) ?? job));
    } catch (reason) {
      // The list says what is wrong; events go on.
      console.warn('Jobs could not be read for notices.', reason);
    }
  }

  private _observe(job: IJob): void {
    if (job.owner !== this._user) {
      return;
    }
    const before = this._outcomes.get(job.id);
    const outcome = outcomeOf(job);
    this._outcomes.set(job.id, outcome);
    // Undefined: it was never seen, and may have ended a month ago.
    if (before !== undefined && outcome !== null && outcome !== before) {
      this._changed(job, outcome);
    }
  }

  private _outcomes = new Map<string, Outcome>();
}

/** What a browser can be asked for. */
export type Permission = NotificationPermission | 'unsupported';

export function permission(): Permission {
  return window.isSecureContext && 'Notification' in window
    ? Notification.permission
    : 'unsupported';
}

/** Shows notices where the person has asked for them. */
export class Notices {
  constructor(
    private _button: HTMLButtonElement,
    private _note: HTMLElement,
    private _addressOf: (id: string) => string
  ) {
    _button.addEventListener('click', () => void this._toggle());
    this._render();
  }

  get isOn(): boolean {
    return (
      permission() === 'granted' && localStorage.getItem(REMEMBERED) === 'on'
    );
  }

  /** Called when the person has switched notices on or off. */
  toggled: () => void = () => undefined;

  /** Tell an outcome; neither the reason nor anything of the log is in it. */
  show(job: IJob, outcome: NonNullable<Outcome>): void {
    if (!this.isOn) {
      return;
    }
    try {
      const notice = new Notification(
        `${job.spec.name} ${MESSAGES[outcome]}`,
        // Several pages that are open show one notice together.
        { body: `Project ${job.project}`, tag: `${job.id} ${outcome}` }
      );
      notice.addEventListener('click', () => {
        window.focus();
        window.location.assign(this._addressOf(job.id));
      });
    } catch (reason) {
      // Browsers of phones show notifications of installed apps alone.
      console.warn('The browser shows no notification.', reason);
      this._isImpossible = true;
      this._render();
    }
  }

  private async _toggle(): Promise<void> {
    if (this.isOn) {
      localStorage.removeItem(REMEMBERED);
    } else if ((await Notification.requestPermission()) === 'granted') {
      localStorage.setItem(REMEMBERED, 'on');
    }
    this._render();
    this.toggled();
  }

  private _render(): void {
    const given = permission();
    const cannot = given === 'unsupported' || this._isImpossible;
    this._button.hidden = cannot || given === 'denied';
    this._button.setAttribute('aria-pressed', String(this.isOn));
    let note =
      'When a job of yours in this project ends or hangs, while this page is open.';
    if (cannot) {
      note = window.isSecureContext
        ? 'This browser shows no notifications of web pages.'
        : 'Browsers show notifications of pages by HTTPS only.';
    } else if (given === 'denied') {
      note =
        'Your browser blocks notifications of this page. Allow them in its settings for this site.';
    }
    this._note.textContent = note;
  }

  private _isImpossible = false;
}
