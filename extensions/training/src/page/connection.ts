import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/**
 * Settings for requests about a project. The hub answers them at the same paths as a
 * notebook's server does, below an address of the project.
 *
 * @param root Address of the page, `/hub/jobs/`.
 * @param xsrfToken What the hub gave to this page against forged requests.
 */
export function projectSettings(
  root: string,
  project: string,
  xsrfToken: string
): ServerConnection.ISettings {
  const path = URLExt.join(root, encodeURIComponent(project), '/');
  return ServerConnection.makeSettings({
    baseUrl: new URL(path, window.location.href).href,
    fetch: (input: RequestInfo, init?: RequestInit) => {
      const request = new Request(input, init);
      request.headers.set('X-XSRFToken', xsrfToken);
      return window.fetch(request);
    }
  });
}
