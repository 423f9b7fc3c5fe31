import * as React from 'react';

import { formatValue, nearest, type Unit } from '../model/chartValues';
import { LineSample } from './legend';
import type { ILine } from './lines';
import type { IScale } from './scale';

/** Maximum number of lines listed; more would cover the page. */
const MAX_LINES = 12;

/** The values of all lines at one time, beside the marker. */
export function Tooltip(props: {
  time: number;
  scale: IScale;
  lines: readonly ILine[];
  unit: Unit;
}): JSX.Element {
  const { time, scale, lines, unit } = props;
  const x = scale.x(time);
  const isLeft = x > (scale.left + scale.right) / 2;
  return (
    <div
      className="mf-Readout"
      role="status"
      style={isLeft ? { right: scale.width - x + 10 } : { left: x + 10 }}
    >
      <strong>{new Date(time).toLocaleString()}</strong>
      {lines.slice(0, MAX_LINES).map(line => {
        const value = line.series.values[nearest(line.times, time)] ?? null;
        return (
          <div key={line.name} className="mf-ReadoutLine">
            <LineSample colour={line.colour} dash={line.dash} />
            <span>{line.name}</span>
            <span className="mf-ReadoutValue">
              {value === null ? '–' : formatValue(value, unit)}
            </span>
          </div>
        );
      })}
      {lines.length > MAX_LINES && <div>…</div>}
    </div>
  );
}

/** All timestamps of the lines, sorted. */
export function timestampsOf(lines: readonly ILine[]): number[] {
  const all = new Set(lines.flatMap(line => [...line.times]));
  return [...all].sort((a, b) => a - b);
}
