import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { lineStyleOf } from './lines';

/** Which line is whose; a click shows or hides a replica. */
export function Legend(props: {
  names: readonly string[];
  hidden: ReadonlySet<string>;
  toggle: (name: string) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { names, hidden, toggle, trans } = props;
  return (
    <div
      className="mf-Legend"
      role="group"
      aria-label={trans.__('Replicas to show')}
    >
      {names.map((name, at) => (
        <button
          key={name}
          className="mf-LegendItem"
          aria-pressed={!hidden.has(name)}
          title={
            hidden.has(name)
              ? trans.__('Show %1', name)
              : trans.__('Hide %1', name)
          }
          onClick={() => toggle(name)}
        >
          <LineSample {...lineStyleOf(at)} />
          {name}
        </button>
      ))}
    </div>
  );
}

export function LineSample(props: {
  colour: string;
  dash: string;
}): JSX.Element {
  return (
    <svg width="22" height="8" aria-hidden="true" className="mf-LineSample">
      <path
        d="M0,4h22"
        stroke={props.colour}
        strokeDasharray={props.dash}
        strokeWidth="2"
      />
    </svg>
  );
}
