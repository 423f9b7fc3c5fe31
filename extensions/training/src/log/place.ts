/** Where a view of a log stands. */
export interface IPlace {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** As near to the end as counts for it, when one comes from further up. */
const NEAR = 40;
/** Browsers round places; nobody moves by so little. */
const ROUNDING = 2;

/**
 * Whether somebody went up from one place to another, by whatever means.
 *
 * Lines that are dropped, or get their true height, move the view towards the top as
 * well, but they bring it no further from the end.
 */
export function isMoveUp(before: IPlace, after: IPlace): boolean {
  return (
    after.scrollTop < before.scrollTop &&
    fromEnd(after) > fromEnd(before) + ROUNDING
  );
}

export function isAtEnd(place: IPlace): boolean {
  return fromEnd(place) < NEAR;
}

function fromEnd({ scrollTop, scrollHeight, clientHeight }: IPlace): number {
  return Math.max(0, scrollHeight - scrollTop - clientHeight);
}
