import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import {
  LOG_IN_CHANNEL,
  LOG_IN_PATH,
  sharedFor,
  withLogInCheck
} from '../model/logIn';
import { DOMAIN } from '../tokens';

const SHARED_MS = 3000;

/** All services of JupyterLab share one settings object, and read it at each call. */
type MutableSettings = {
  -readonly [
    Key in keyof ServerConnection.ISettings
  ]: ServerConnection.ISettings[Key];
};

export const logInPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:log-in',
  description:
    'Says that the log-in has ended, and renews it without a reload.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const settings = app.serviceManager.serverSettings as MutableSettings;
    const fetch = settings.fetch;
    const url = URLExt.join(settings.baseUrl, LOG_IN_PATH);
    const message = trans.__(
      'You are logged out. Nothing is lost: log in, then save again here.'
    );
    let notice = '';

    const isLoggedOut = sharedFor(SHARED_MS, async () => {
      const me = URLExt.join(settings.baseUrl, 'api/me');
      const init = { ...settings.init, cache: 'no-store' as const };
      const answer = await fetch(me, init).catch(() => null);
      return answer?.status === 403;
    });
    const onLoggedOut = () => {
      if (Notification.manager.has(notice)) {
        return;
      }
      notice = Notification.warning(message, {
        autoClose: false,
        actions: [
          {
            label: trans.__('Log in'),
            displayType: 'accent',
            callback: () => window.open(url, '_blank')
          }
        ]
      });
    };
    settings.fetch = withLogInCheck(fetch, {
      isLoggedOut,
      onLoggedOut,
      message
    });

    const channel = new BroadcastChannel(LOG_IN_CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<string>) => {
      if (data === new URL(url).pathname && Notification.manager.has(notice)) {
        Notification.dismiss(notice);
        Notification.success(trans.__('You are logged in again.'), {
          autoClose: 5000
        });
      }
    };
  }
};
