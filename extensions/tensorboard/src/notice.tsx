import type { TranslationBundle } from '@jupyterlab/translation';
import { Button } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { State } from './model';

interface INoticeProps {
  state: State;
  /** What is shown, one directory a line. */
  text: string;
  open: () => void;
  trans: TranslationBundle;
}

/** What is in a tab while no TensorBoard is: why, and what to do. */
export function Notice({
  state,
  text,
  open,
  trans
}: INoticeProps): JSX.Element | null {
  const box = React.useRef<HTMLDivElement>(null);
  // The button goes away: the notice keeps the focus.
  const again = () => {
    box.current?.focus();
    open();
  };
  switch (state.kind) {
    case 'running':
      return null;
    case 'waiting':
    case 'starting':
      return (
        <div
          className="mf-TensorBoardNotice"
          role="status"
          ref={box}
          tabIndex={-1}
        >
          <span className="mf-TensorBoardSpinner" aria-hidden="true" />
          <p>{trans.__('Starting TensorBoard…')}</p>
          <pre>{text}</pre>
        </div>
      );
    case 'stopping':
      return (
        <div
          className="mf-TensorBoardNotice"
          role="status"
          ref={box}
          tabIndex={-1}
        >
          <span className="mf-TensorBoardSpinner" aria-hidden="true" />
          <p>{trans.__('Stopping TensorBoard…')}</p>
        </div>
      );
    case 'failed':
      return (
        <div
          className="mf-TensorBoardNotice"
          role="alert"
          ref={box}
          tabIndex={-1}
        >
          <p className="mf-TensorBoardProblem">{state.message}</p>
          <Button className="jp-mod-styled jp-mod-accept" onClick={again}>
            {trans.__('Try again')}
          </Button>
        </div>
      );
    case 'ended':
      return (
        <div
          className="mf-TensorBoardNotice"
          role="status"
          ref={box}
          tabIndex={-1}
        >
          <p>
            {state.byPerson
              ? trans.__('TensorBoard is stopped.')
              : trans.__('TensorBoard has ended in the notebook server.')}
          </p>
          <Button className="jp-mod-styled jp-mod-accept" onClick={again}>
            {trans.__('Start again')}
          </Button>
        </div>
      );
  }
}
