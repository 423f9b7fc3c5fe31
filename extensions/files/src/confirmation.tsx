import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { modeText, outcomeText, type IOutcome, type IRequest } from './cleanUp';
import type { CleanUpModel } from './cleanUpModel';

export function Confirmation(props: {
  request: IRequest;
  trans: TranslationBundle;
}): JSX.Element {
  const { request, trans } = props;
  return (
    <>
      {request.total && (
        <p>
          <strong>{request.total}</strong>
        </p>
      )}
      <ul tabIndex={0} aria-label={trans.__('To be removed')}>
        {request.names.map(name => (
          <li key={name}>{name}</li>
        ))}
      </ul>
      {request.warnings.length > 0 && (
        <ul className="mf-CleanUp-warning" aria-label={trans.__('Warnings')}>
          {request.warnings.map(text => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <p>{modeText(request.mode, request.root, trans)}</p>
    </>
  );
}

/** Ask whether what is named may go. */
export async function confirm(
  request: IRequest,
  trans: TranslationBundle
): Promise<boolean> {
  const cleanUp =
    request.root.name === 'home'
      ? trans.__('Clean up?')
      : trans.__('Clean up the project?');
  const [title, label] = {
    snapshot: [cleanUp, trans.__('Clean up')],
    trash: [trans.__('Move to the Trash?'), trans.__('Move to Trash')],
    permanent: [trans.__('Delete permanently?'), trans.__('Delete permanently')]
  }[request.mode];
  const body = ReactWidget.create(
    <Confirmation request={request} trans={trans} />
  );
  body.addClass('mf-CleanUp-confirmation');
  const answer = await showDialog({
    title,
    body,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label })
    ],
    // Whoever only presses Enter loses nothing.
    defaultButton: 0
  });
  return answer.button.accept;
}

/** Say what was done, with the way back. */
export function notify(
  outcome: IOutcome,
  model: CleanUpModel,
  trans: TranslationBundle
): void {
  const { act, mode, undo, skipped } = outcome;
  const left = skipped.length
    ? ` ${trans.__('Skipped: %1, see Storage.', skipped.length)}`
    : '';
  const text = outcomeText(outcome, trans) + left;
  const actions: Notification.IAction[] = [];
  if (undo !== null && act === 'clean') {
    actions.push({
      label: trans.__('Undo'),
      callback: () => void model.undo(undo, mode)
    });
    if (mode === 'trash') {
      actions.push({
        label: trans.__('Delete permanently…'),
        callback: () => void model.deletePermanently()
      });
    }
  }
  const type = skipped.length ? 'warning' : 'success';
  Notification.emit(text, type, {
    actions,
    autoClose: actions.length || skipped.length ? false : 5000
  });
}
