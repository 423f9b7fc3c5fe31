import * as React from 'react';

import { segments } from '../model/chartValues';

const WIDTH = 100;
const HEIGHT = 20;

/** A curve without axes, as a picture beside a text that says its last value. */
export function Sparkline(props: {
  values: readonly (number | null)[];
  /** The top edge. */
  max: number;
}): JSX.Element {
  const { values, max } = props;
  const x = (at: number) => (at / Math.max(1, values.length - 1)) * WIDTH;
  const y = (value: number) =>
    HEIGHT - 1 - (Math.min(value, max) / (max || 1)) * (HEIGHT - 2);
  return (
    <svg
      className="mf-Sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {segments(values).map(segment => {
        const line = segment
          .map(([at, value]) => `${x(at)},${y(value)}`)
          .join(' ');
        const [from] = segment[0];
        const [to] = segment[segment.length - 1];
        return (
          <React.Fragment key={from}>
            <polygon
              points={`${x(from)},${HEIGHT} ${line} ${x(to)},${HEIGHT}`}
            />
            <polyline points={line} />
          </React.Fragment>
        );
      })}
    </svg>
  );
}
