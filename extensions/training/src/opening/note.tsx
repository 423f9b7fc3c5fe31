import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { Opening } from './opening';

/** What a tab shows in place of jobs that are not there. */
export function OpeningNote(props: {
  opening: Opening;
  /** While nothing is wrong. */
  reading: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { opening, trans } = props;
  return (
    <p className="mf-Empty" role="status">
      {opening.problem || props.reading}{' '}
      {opening.mayTryAgain && (
        <button
          type="button"
          className="mf-Link"
          onClick={() => opening.tryAgain()}
        >
          {trans.__('Try again')}
        </button>
      )}
    </p>
  );
}
