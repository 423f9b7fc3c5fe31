import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { JobLoader } from './jobLoader';

/** Shown in a tab in place of missing jobs. */
export function LoaderNote(props: {
  loader: JobLoader;
  /** Text while the jobs are loading. */
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
