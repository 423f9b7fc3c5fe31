import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

const ROOT = 'mofang/training/api';

/** An error response of the training service. */
export class TrainingError extends Error {
  constructor(
    message: string,
    readonly status: number,
    /** Error messages by field of the request. */
    readonly fields: Record<string, string>
  ) {
    super(message);
  }
}

export function address(
  settings: ServerConnection.ISettings,
  path: string,
  query: Record<string, string> | string[][] = {}
): string {
  const text = new URLSearchParams(query).toString();
  return URLExt.join(settings.baseUrl, ROOT, path) + (text ? `?${text}` : '');
}

/** Send a request; throw the service's message if it fails. */
export async function request(
  settings: ServerConnection.ISettings,
  url: string,
  init: RequestInit = {}
): Promise<Response> {
  const answer = await ServerConnection.makeRequest(url, init, settings);
  if (answer.ok) {
    return answer;
  }
  const body = (await answer.json().catch(() => ({}))) as {
    message?: string;
    fields?: Record<string, string>;
  };
  throw new TrainingError(
    body.message ?? `${answer.status} ${answer.statusText}`,
    answer.status,
    body.fields ?? {}
  );
}
