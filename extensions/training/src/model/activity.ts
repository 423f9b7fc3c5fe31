/** Whether the server is idle, and when it will be stopped for that. */

import { shortDuration } from './duration';
import type { ITranslate } from './jobForm';

/** As the server reports it; all in seconds from now on. */
export interface IActivity {
  idle_seconds: number;
  /** What happens, or what happened last. */
  reasons: string[];
  /** Null as long as it is not to be stopped. */
  stop_in_seconds: number | null;
  /** For how long somebody has asked to keep it. */
  extended_seconds: number;
  /** For how long it may be kept at the longest. */
  extendable_seconds: number;
}

/** Of a request to keep the server. */
export const LONGEST_REASON = 300;

/** Shorter extensions are not offered. */
const SHORTEST_SECONDS = 60;

export function isExtendable(activity: IActivity): boolean {
  return activity.extendable_seconds >= SHORTEST_SECONDS;
}

/** Of the day, as the browser's people write it. */
export function timeOfDay(at: number): string {
  return new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit'
  });
}

/** The notice ahead of the stop. */
export function noticeText(
  activity: IActivity,
  now: number,
  trans: ITranslate
): string {
  const idle = shortDuration(activity.idle_seconds * 1000);
  const at = timeOfDay(now + (activity.stop_in_seconds ?? 0) * 1000);
  const text = trans.__(
    'Nothing has happened in this server for %1. It will be stopped at %2; your files stay, kernels end.',
    idle,
    at
  );
  return isExtendable(activity)
    ? text
    : `${text} ${trans.__('It cannot be kept any longer, but it runs on when you run something.')}`;
}

/** What is said once somebody has asked to keep the server. */
export function keptText(
  activity: IActivity,
  now: number,
  trans: ITranslate
): string {
  return activity.extended_seconds
    ? trans.__(
        'This server is kept until %1.',
        timeOfDay(now + activity.extended_seconds * 1000)
      )
    : trans.__('This server is not stopped now.');
}

/** Whole hours that may be asked for, the shortest first. */
export function hourChoices(activity: IActivity): number[] {
  const hours = Math.floor(activity.extendable_seconds / 3600);
  const offered = [1, 2, 4, 8, 12, 24, 48].filter(each => each < hours);
  return hours > 0 ? [...offered, hours] : [];
}
