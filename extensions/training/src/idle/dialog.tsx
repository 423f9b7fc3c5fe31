import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { hourChoices, LONGEST_REASON, type IActivity } from '../model/activity';

/** What somebody chose; hours null for the usual. */
export interface IExtension {
  hours: number | null;
  reason: string;
}

/** For how long an idle server is to be kept, and why. */
export class ExtensionBody
  extends ReactWidget
  implements Dialog.IBodyWidget<IExtension>
{
  constructor(
    private _activity: IActivity,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('mf-Extension');
    const [first = null] = hourChoices(_activity);
    this._chosen = { hours: first, reason: '' };
  }

  getValue(): IExtension {
    return this._chosen;
  }

  protected override render(): JSX.Element {
    const { _trans: trans, _chosen: chosen } = this;
    const hours = hourChoices(this._activity);
    return (
      <>
        <p>
          {trans.__(
            'The server holds its CPUs and GPUs all the while, and others wait for them.'
          )}
        </p>
        {hours.length > 0 && (
          <label>
            {trans.__('Hours')}
            <select
              className="jp-mod-styled"
              defaultValue={String(chosen.hours)}
              onChange={event => (chosen.hours = Number(event.target.value))}
            >
              {hours.map(each => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          {trans.__('Reason')}
          <input
            className="jp-mod-styled"
            type="text"
            maxLength={LONGEST_REASON}
            placeholder={trans.__('for the administrators, if you like')}
            onChange={event => (chosen.reason = event.target.value)}
          />
        </label>
      </>
    );
  }

  private _chosen: IExtension;
}

/** Ask; null where nothing is to be kept. */
export async function askForExtension(
  activity: IActivity,
  trans: TranslationBundle
): Promise<IExtension | null> {
  const answer = await showDialog({
    title: trans.__('Keep this server running'),
    body: new ExtensionBody(activity, trans),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Keep running') })
    ]
  });
  return answer.button.accept ? answer.value : null;
}
