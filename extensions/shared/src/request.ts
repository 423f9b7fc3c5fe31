import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** An error response of the notebook's server, or of the service behind it. */
export class ServiceError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** Error messages by field of the request. */
    readonly fields: Record<string, string>
  ) {
    super(message);
  }
}

/** Address in the training extension's part of the notebook's server. */
export function trainingAddress(
  settings: ServerConnection.ISettings,
  path: string,
  query: Record<string, string> | string[][] = {}
): string {
  const text = new URLSearchParams(query).toString();
  const root = URLExt.join(settings.baseUrl, 'mofang/training/api');
  return URLExt.join(root, path) + (text ? `?${text}` : '');
}

const MOST_RETRIES = 3;
const LONGEST_RETRY_SECONDS = 10;

/**
 * Send a request with the credentials of the notebook's server. A service that has too
 * much to do refuses before it does anything; the request is then sent again when it says.
 *
 * @throws ServiceError with the server's message, unless the request succeeds.
 */
export async function request(
  settings: ServerConnection.ISettings,
  url: string,
  init: RequestInit = {}
): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ServerConnection.makeRequest(url, init, settings);
    if (answer.ok) {
      return answer;
    }
    const seconds = retryAfter(answer);
    if (seconds === null || attempt >= MOST_RETRIES) {
      throw await serviceError(answer);
    }
    await pause(seconds * (attempt + 1) * 1000, init.signal);
  }
}

/** Seconds until the request may be sent again; null where that is of no use. */
function retryAfter(answer: Response): number | null {
  const text = answer.headers.get('Retry-After') ?? '';
  const seconds = /^\d+$/.test(text) ? Number(text) : Infinity;
  const isWorthIt = answer.status === 429 && seconds <= LONGEST_RETRY_SECONDS;
  return isWorthIt ? seconds : null;
}

function pause(
  milliseconds: number,
  signal: AbortSignal | null | undefined
): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', leave);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', leave);
    if (signal?.aborted) {
      leave();
    }
  });
}

async function serviceError(answer: Response): Promise<ServiceError> {
  const body = (await answer.json().catch(() => ({}))) as {
    message?: string;
    fields?: Record<string, string>;
  };
  return new ServiceError(
    body.message ?? `${answer.status} ${answer.statusText}`,
    answer.status,
    body.fields ?? {}
  );
}
