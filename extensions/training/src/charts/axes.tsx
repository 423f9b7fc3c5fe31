import * as React from 'react';

import { formatValue, type Unit } from '../model/chartValues';
import { formatTick, timeTicks } from '../model/chartTime';
import type { IScale } from './scale';

/** Width of a time label in pixels. */
const TICK_WIDTH = 85;

/** Grid, values at the left, local times below. */
export function Axes(props: {
  scale: IScale;
  ticks: readonly number[];
  unit: Unit;
  span: [number, number];
}): JSX.Element {
  const { scale, ticks, unit, span } = props;
  const max = Math.max(2, Math.floor((scale.right - scale.left) / TICK_WIDTH));
  const times = timeTicks(...span, max);
  const step = times.length > 1 ? times[1] - times[0] : span[1] - span[0];
  return (
    <g className="mf-ChartAxes" aria-hidden="true">
      {ticks.map(tick => (
        <React.Fragment key={tick}>
          <line
            x1={scale.left}
            x2={scale.right}
            y1={scale.y(tick)}
            y2={scale.y(tick)}
          />
          <text x={scale.left - 6} y={scale.y(tick) + 4} textAnchor="end">
            {formatValue(tick, unit)}
          </text>
        </React.Fragment>
      ))}
      {times.map(time => (
        <React.Fragment key={time}>
          <line
            x1={scale.x(time)}
            x2={scale.x(time)}
            y1={scale.bottom}
            y2={scale.bottom + 4}
          />
          <text x={scale.x(time)} y={scale.bottom + 17} textAnchor="middle">
            {formatTick(time, step)}
          </text>
        </React.Fragment>
      ))}
    </g>
  );
}
