/** Scroll position of a log view. */
export interface IScrollPosition {
  scrollTop: number;
  scrollHeight: number;
  clientHeight: number;
}

/** Distance from the end, in pixels, that counts as the end. */
const NEAR = 40;
/** Browsers round positions; smaller differences are not a move. */
const ROUNDING = 2;
/** Page height as a fraction of the view, and pixels of a step, as in browsers. */
const PAGE = 0.875;
const STEP = 40;

/**
 * Whether the user scrolled up between two positions. Dropped lines, and lines that get
 * their final height, reduce `scrollTop` as well, but do not increase the distance from
 * the end.
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

/** Whether `scrollTop` changed; growth of the content alone is not a move. */
export function isMove(
  before: IScrollPosition,
  after: IScrollPosition
): boolean {
  return after.scrollTop !== before.scrollTop;
}

/** `scrollTop` after a key; null for keys that are left to the browser. */
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
