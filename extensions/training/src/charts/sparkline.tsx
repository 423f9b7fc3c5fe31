import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';
import * as React from 'react';

const WIDTH = 100;
const HEIGHT = 20;

/** A curve without axes, as a picture beside a text that says its last value. */
export function Sparkline(props: {
  values: readonly (number | null)[];
  /** The top edge. */
  max: number;
}): JSX.Element {
  const { values, max } = props;
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [0, WIDTH]);
  const y = scaleLinear([0, max || 1], [HEIGHT - 1, 1]).clamp(true);
  const isMeasured = (value: number | null) => value !== null;
  const edge = line<number | null>(
    (_, at) => x(at),
    value => y(value ?? 0)
  ).defined(isMeasured);
  const below = area<number | null>(
    (_, at) => x(at),
    HEIGHT,
    value => y(value ?? 0)
  ).defined(isMeasured);
  return (
    <svg
      className="mf-Sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path className="mf-SparklineArea" d={below([...values]) ?? undefined} />
      <path className="mf-SparklineEdge" d={edge([...values]) ?? undefined} />
    </svg>
  );
}
