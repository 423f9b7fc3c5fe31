/** Lists of which one row at a time has the focus. */

/** Row that a key moves to; null if it moves to none. */
export function rowAfter(
  key: string,
  at: number,
  page: number,
  count: number
): number | null {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count
  };
  const step = steps[key];
  return step === undefined
    ? null
    : Math.max(0, Math.min(count - 1, at + step));
}
