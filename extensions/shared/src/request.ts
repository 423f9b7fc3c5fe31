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

/**
 * Send a request with the credentials of the notebook's server.
 *
 * @throws ServiceError with the server's message, unless the request succeeds.
 */
export async function request(
  settings: ServerConnection.ISettings,
  url: string,
  init: RequestInit = {}
): Promise<Response> {
  const answer = await ServerConnection.makeRequest(url, init, settings);
  if (!answer.ok) {
    throw await serviceError(answer);
  }
  return answer;
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
