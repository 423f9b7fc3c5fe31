/** Milliseconds to wait before attempt n (from 0), with up to half of it random. */
export function backOff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(30_000, 1_000 * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random;
}
