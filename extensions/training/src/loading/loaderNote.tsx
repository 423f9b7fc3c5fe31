import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { JobLoader } from './jobLoader';

/** What a tab shows in place of jobs that are not there. */
export function LoaderNote(props: {
  loader: JobLoader;
  /** While nothing is wrong. */
  reading: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { loader, trans } = props;
  return (
    <p className="mf-Empty" role="status">
      {loader.problem || props.reading}{' '}
      {loader.canRetry && (
        <button
          type="button"
          className="mf-Link"
          onClick={() => loader.retry()}
        >
          {trans.__('Try again')}
        </button>
      )}
    </p>
  );
}
