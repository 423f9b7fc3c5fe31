/** How often a running job is looked at. */
const PERIOD_MS = 10_000;

/** What is asked of the page: whether anybody can see it. */
export type ISeen = Pick<
  Document,
  'hidden' | 'addEventListener' | 'removeEventListener'
>;

/**
 * Read again and again while the page can be seen; what does not change any more, only
 * until it was read once.
 *
 * @param read - Returns whether it succeeded.
 * @returns What ends it.
 */
export function keepReading(
  read: () => Promise<boolean>,
  isLasting: boolean,
  page: ISeen = document
): () => void {
  let isOver = false;
  let isReading = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    isOver = true;
    clearTimeout(timer);
    page.removeEventListener('visibilitychange', look);
  };
  const look = () => {
    if (!page.hidden && !isReading) {
      void readNow();
    }
  };
  const readNow = async () => {
    clearTimeout(timer);
    isReading = true;
    const isRead = await read();
    isReading = false;
    if (isRead && isLasting) {
      stop();
    } else if (!isOver) {
      timer = setTimeout(look, PERIOD_MS);
    }
  };
  page.addEventListener('visibilitychange', look);
  look();
  return stop;
}
