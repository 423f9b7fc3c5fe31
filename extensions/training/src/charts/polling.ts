/** Polling interval for a running job. */
const PERIOD_MS = 10_000;

/** The part of `Document` that reports whether the page is visible. */
export type IVisibilityTarget = Pick<
  Document,
  'hidden' | 'addEventListener' | 'removeEventListener'
>;

/**
 * Poll while the page is visible; final data only until it was read once.
 *
 * @param read - Returns whether it succeeded.
 * @returns Stops the polling.
 */
export function pollWhileVisible(
  read: () => Promise<boolean>,
  isFinal: boolean,
  page: IVisibilityTarget = document,
  periodMs = PERIOD_MS
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
      timer = setTimeout(readIfVisible, periodMs);
    }
  };
  page.addEventListener('visibilitychange', readIfVisible);
  readIfVisible();
  return stop;
}
