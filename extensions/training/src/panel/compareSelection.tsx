import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IPanelModel } from './model';

/** Actions for the jobs selected for comparison. */
export function CompareSelection(props: {
  model: IPanelModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const { compareSelection } = model;
  if (compareSelection.length === 0) {
    return null;
  }
  const isPair = compareSelection.length === 2;
  return (
    <div
      className="mf-Choice"
      role="group"
      aria-label={trans.__('Chosen jobs')}
    >
      <span role="status">
        {isPair
          ? trans.__('2 jobs chosen')
          : trans.__('Choose one more to compare')}
      </span>
      <button
        className="mf-TextButton mf-mod-primary"
        disabled={!isPair}
        onClick={() => model.compare()}
      >
        {trans.__('Compare')}
      </button>
      <button
        className="mf-TextButton"
        onClick={() => model.clearCompareSelection()}
      >
        {trans.__('Clear')}
      </button>
    </div>
  );
}
