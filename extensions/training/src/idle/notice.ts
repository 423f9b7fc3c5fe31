import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { isExtendable, keptText, noticeText } from '../model/activity';
import type { ActivityModel } from './model';

const SHOWN_MS = 10_000;

/** Tells in JupyterLab that the server will be stopped, for as long as that holds. */
export class IdleNotice {
  /**
   * @param keepLonger - Asks for how long, and why.
   */
  constructor(
    private _model: ActivityModel,
    private _keepLonger: () => void,
    private _trans: TranslationBundle
  ) {
    _model.stateChanged.connect(() => this._update());
  }

  private _update(): void {
    const { activity } = this._model;
    if (!activity || activity.stop_in_seconds === null) {
      if (this._notice) {
        Notification.dismiss(this._notice);
        this._notice = '';
      }
      return;
    }
    if (this._notice) {
      // Its time is the same, and it is not to be read out again.
      return;
    }
    const actions: Notification.IAction[] = [];
    if (isExtendable(activity)) {
      actions.push(
        {
          label: this._trans.__('Keep running'),
          displayType: 'accent',
          callback: () => keep(this._model, null, '', this._trans)
        },
        {
          label: this._trans.__('Keep longer…'),
          callback: () => this._keepLonger()
        }
      );
    }
    const text = noticeText(activity, Date.now(), this._trans);
    this._notice = Notification.warning(text, { autoClose: false, actions });
  }

  private _notice = '';
}

/** Ask the hub to keep the server, and say what came of it. */
export function keep(
  model: ActivityModel,
  hours: number | null,
  reason: string,
  trans: TranslationBundle
): void {
  const options = { autoClose: SHOWN_MS };
  const kept = model
    .extend(hours, reason)
    .then(activity => keptText(activity, Date.now(), trans));
  Notification.promise(kept, {
    pending: { message: trans.__('Asking to keep this server…') },
    success: { message: text => text as string, options },
    error: { message: problem => (problem as Error).message, options }
  });
}
