/** Where a view of a log stands. */
export interface IScrollPosition {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** As near to the end as counts for it, when one comes from further up. */
const NEAR = 40;
/** Browsers round places; nobody moves by so little. */
const ROUNDING = 2;
/** Part of the view that a page is, and pixels of a step: those of browsers. */
const PAGE = 0.875;
const STEP = 40;

/**
 * Whether somebody went up from one place to another, by whatever means.
 *
 * Lines that are dropped, or get their true height, move the view towards the top as
 * well, but they bring it no further from the end.
 */
export function isMoveUp(
  before: IScrollPosition,
  after: IScrollPosition
): boolean {
  return (
    after.scrollTop < before.scrollTop &&
    fromEnd(after) > fromEnd(before) + ROUNDING
  );
}

/** Whether the view is elsewhere; what it shows may have grown meanwhile. */
export function isMove(
  before: IScrollPosition,
  after: IScrollPosition
): boolean {
  return after.scrollTop !== before.scrollTop;
}

/** Where a key leads; null for keys that lead nowhere, or that browsers know best. */
export function topByKey(
  key: string,
  position: IScrollPosition
): number | null {
  const { scrollTop, scrollHeight, clientHeight } = position;
  switch (key) {
    case 'End':
      return scrollHeight;
    case 'Home':
      return 0;
    case 'PageUp':
      return Math.max(0, scrollTop - clientHeight * PAGE);
    case 'ArrowUp':
      return Math.max(0, scrollTop - STEP);
    default:
      return null;
  }
}

export function isAtEnd(position: IScrollPosition): boolean {
  return fromEnd(position) < NEAR;
}

function fromEnd({
  scrollTop,
  scrollHeight,
  clientHeight
}: IScrollPosition): number {
  return Math.max(0, scrollHeight - scrollTop - clientHeight);
}
