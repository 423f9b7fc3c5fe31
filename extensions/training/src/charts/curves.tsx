import type { TranslationBundle } from '@jupyterlab/translation';
import { line as lineShape } from 'd3-shape';
import * as React from 'react';

import { formatValue, segments, type Unit } from '../model/chartValues';
import type { ILine } from './lines';
import type { IScale } from './scale';

/** The lines, and above them the limits that are in view. */
export const Curves = React.memo(function Curves(props: {
  scale: IScale;
  lines: readonly ILine[];
  unit: Unit;
  trans: TranslationBundle;
}): JSX.Element {
  const { scale, lines, unit, trans } = props;
  const limits = new Set(lines.map(line => line.series.limit));
  return (
    <g>
      {lines.map(line => (
        <g
          key={line.name}
          className="mf-ChartLine"
          stroke={line.colour}
          strokeDasharray={line.dash}
        >
          {segments(line.series.values).map(segment => (
            <path
              key={segment[0][0]}
              d={pathOf(segment, line, scale) ?? undefined}
              // One point alone shows as a dot.
              strokeLinecap={segment.length === 1 ? 'round' : 'butt'}
            />
          ))}
        </g>
      ))}
      {[...limits].map(
        limit =>
          limit !== null &&
          scale.y(limit) >= scale.top - 1 && (
            <g key={limit} className="mf-ChartLimit">
              <line
                x1={scale.left}
                x2={scale.right}
                y1={scale.y(limit)}
                y2={scale.y(limit)}
              />
              <text x={scale.right} y={scale.y(limit) + 12} textAnchor="end">
                {trans.__('limit %1', formatValue(limit, unit))}
              </text>
            </g>
          )
      )}
    </g>
  );
});

function pathOf(
  segment: [number, number][],
  line: ILine,
  scale: IScale
): string | null {
  const shape = lineShape<[number, number]>(
    ([at]) => scale.x(line.times[at]),
    ([, value]) => scale.y(value)
  );
  return shape.digits(1)(segment);
}
