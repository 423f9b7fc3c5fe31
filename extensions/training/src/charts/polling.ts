/** How often a running job is looked at. */
const PERIOD_MS = 10_000;

/** What is asked of the page: whether anybody can see it. */
export type IVisibilityTarget = Pick<
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
export function pollWhileVisible(
  read: () => Promise<boolean>,
  isFinal: boolean,
  page: IVisibilityTarget = document
): () => void {
  let isStopped = false;
  let isReading = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    isStopped = true;
    clearTimeout(timer);
    page.removeEventListener('visibilitychange', readIfVisible);
  };
  const readIfVisible = () => {
    if (!page.hidden && !isReading) {
      void readNow();
    }
  };
  const readNow = async () => {
    clearTimeout(timer);
    isReading = true;
    const isRead = await read();
    isReading = false;
    if (isRead && isFinal) {
      stop();
    } else if (!isStopped) {
      timer = setTimeout(readIfVisible, PERIOD_MS);
    }
  };
  page.addEventListener('visibilitychange', readIfVisible);
  readIfVisible();
  return stop;
}
