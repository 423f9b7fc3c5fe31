import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { safeModeText, type ISafeMode } from '../model/safeMode';

interface IActions {
  open: (file: string) => void;
  showFailure: () => void;
}

/** Above everything else, as long as the server runs in safe mode. */
export class SafeModeBanner extends ReactWidget {
  constructor(
    private _safeMode: ISafeMode,
    private _actions: IActions,
    private _trans: TranslationBundle
  ) {
    super();
    this.id = 'mofang-safe-mode';
    this.addClass('mf-SafeMode');
    this.node.setAttribute('role', 'status');
    this.node.setAttribute('aria-label', _trans.__('Safe mode'));
  }

  protected override render(): JSX.Element {
    const { _safeMode: safeMode, _trans: trans } = this;
    const [file] = safeMode.files;
    return (
      <>
        <p>
          <strong>{trans.__('Safe mode.')}</strong>{' '}
          {safeModeText(safeMode, trans)}
        </p>
        {file && (
          <button
            type="button"
            className="mf-TextButton"
            onClick={() => this._actions.open(file)}
          >
            {trans.__('Open %1', file.split('/').pop() ?? file)}
          </button>
        )}
        {safeMode.failure && (
          <button
            type="button"
            className="mf-TextButton"
            onClick={this._actions.showFailure}
          >
            {trans.__('Show error')}
          </button>
        )}
      </>
    );
  }
}

/** What the dialog shows. */
export function failureBody(
  { failure }: ISafeMode,
  trans: TranslationBundle
): ReactWidget {
  const widget = ReactWidget.create(
    <pre tabIndex={0} aria-label={trans.__('Error of the last start')}>
      {failure}
    </pre>
  );
  widget.addClass('mf-SafeModeFailure');
  return widget;
}
