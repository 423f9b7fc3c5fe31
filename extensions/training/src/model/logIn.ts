/** Path below the server's base URL; `mofang_training.log_in` serves it. */
export const LOG_IN_PATH = 'mofang/training/log-in';
export const LOG_IN_CHANNEL = 'mofang-log-in';

const FORBIDDEN = 403;

/** As JupyterLab's `ServerConnection` calls it. */
type Fetch = (input: RequestInfo, init?: RequestInit) => Promise<Response>;

interface IOptions {
  /** Whether the server knows nobody any more; asked after a 403 only. */
  isLoggedOut: () => Promise<boolean>;
  onLoggedOut: () => void;
  /** Takes the place of the server's message, which is `Forbidden`. */
  message: string;
}

/** Wrap `fetch` so that the end of the log-in is reported as what it is. */
export function withLogInCheck(fetch: Fetch, options: IOptions): Fetch {
  return async (input, init) => {
    const answer = await fetch(input, init);
    if (answer.status !== FORBIDDEN || !(await options.isLoggedOut())) {
      return answer;
    }
    options.onLoggedOut();
    return new Response(JSON.stringify({ message: options.message }), {
      status: FORBIDDEN,
      headers: { 'Content-Type': 'application/json' }
    });
  };
}

/** Share one answer among all who ask within `ms`: many requests fail at once. */
export function sharedFor<T>(
  ms: number,
  ask: () => Promise<T>,
  now: () => number = Date.now
): () => Promise<T> {
  let asked = -Infinity;
  let answer: Promise<T> | null = null;
  return () => {
    if (answer === null || now() - asked >= ms) {
      asked = now();
      answer = ask();
    }
    return answer;
  };
}
