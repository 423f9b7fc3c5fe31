/**
 * Ticks of a time axis, at round times of the person's own clock. Those of d3-time come
 * twice for the hour that clocks repeat when summer time ends, and have no step of 2 hours.
 */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  1 * SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  1 * MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  1 * HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  1 * DAY,
  2 * DAY,
  7 * DAY,
  30 * DAY
];

/** Milliseconds by which a local clock is ahead of UTC at a moment. */
export type Offset = (moment: number) => number;

const localOffset: Offset = moment =>
  -new Date(moment).getTimezoneOffset() * MINUTE;

/** Return round moments between two, at most so many. */
export function timeTicks(
  from: number,
  to: number,
  maxCount = 6,
  offsetAt: Offset = localOffset
): number[] {
  const step =
    STEPS.find(each => (to - from) / each <= maxCount) ??
    STEPS[STEPS.length - 1];
  const ticks: number[] = [];
  // Each tick by the offset of its own moment: clocks change in between.
  const first = Math.ceil((from + offsetAt(from)) / step);
  for (let at = first; ticks.length < maxCount + 2; at++) {
    const local = at * step;
    const moment = local - offsetAt(local - offsetAt(from));
    if (moment > to) {
      break;
    }
    if (moment >= from) {
      ticks.push(moment);
    }
  }
  return ticks;
}

/** How a tick is written: with seconds, without, or as a date. */
export function formatTick(
  moment: number,
  step: number,
  locale?: string,
  timeZone?: string
): string {
  const options: Intl.DateTimeFormatOptions =
    step >= DAY
      ? { day: 'numeric', month: 'short' }
      : {
          hour: '2-digit',
          minute: '2-digit',
          ...(step < MINUTE && { second: '2-digit' })
        };
  return new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(
    moment
  );
}
