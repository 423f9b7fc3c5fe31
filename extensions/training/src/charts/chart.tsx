import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  formatValue,
  highest,
  lastValue,
  valueTicks
} from '../model/chartValues';
import { Axes } from './axes';
import { Curves } from './curves';
import { scaleOf, useWidth } from './scale';
import { timestampsOf, Tooltip } from './tooltip';
import type { IChart } from './lines';

interface IChartProps {
  chart: IChart;
  title: string;
  span: [number, number];
  /** Names of replicas that are not drawn. */
  hidden: ReadonlySet<string>;
  trans: TranslationBundle;
}

/** One chart: a line per replica; arrow keys and the mouse read values off. */
export function Chart(props: IChartProps): JSX.Element {
  const { chart, title, span, hidden, trans } = props;
  const [box, width] = useWidth();
  const [time, setTime] = React.useState<number | null>(null);
  const lines = chart.lines.filter(line => !hidden.has(line.name));
  const ticks = valueTicks(highest(lines.map(line => line.series)), chart.unit);
  const scale = scaleOf(width, span, ticks[ticks.length - 1]);

  const onMove = (event: React.PointerEvent<SVGSVGElement>) => {
    const left = event.currentTarget.getBoundingClientRect().left;
    setTime(scale.timeAt(event.clientX - left));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const next = timeAfterKey(event.key, timestampsOf(lines), time);
    if (next !== undefined) {
      event.preventDefault();
      setTime(next);
    }
  };

  const last = lines.map(line => {
    const value = lastValue(line.series.values);
    return `${line.name} ${value === null ? '–' : formatValue(value, chart.unit)}`;
  });
  return (
    <figure className="mf-Chart" ref={box}>
      <figcaption className="mf-ChartTitle">{title}</figcaption>
      <svg
        className="mf-ChartPicture"
        width={scale.width}
        height={scale.height}
        // With role=img a screen reader would not pass on the arrow keys.
        role="application"
        aria-roledescription={trans.__('chart')}
        tabIndex={0}
        aria-label={trans.__(
          '%1. Last values: %2. Arrow keys read others.',
          title,
          last.join(', ')
        )}
        onPointerMove={onMove}
        onPointerLeave={() => setTime(null)}
        onKeyDown={onKeyDown}
        onBlur={() => setTime(null)}
      >
        <Axes scale={scale} ticks={ticks} unit={chart.unit} span={span} />
        <Curves scale={scale} lines={lines} unit={chart.unit} trans={trans} />
        {time !== null && (
          <line
            className="mf-ChartMark"
            x1={scale.x(time)}
            x2={scale.x(time)}
            y1={scale.top}
            y2={scale.bottom}
          />
        )}
      </svg>
      {time !== null && (
        <Tooltip time={time} scale={scale} lines={lines} unit={chart.unit} />
      )}
    </figure>
  );
}

/** Time selected by a key; undefined if the key is not handled. */
function timeAfterKey(
  key: string,
  times: readonly number[],
  time: number | null
): number | null | undefined {
  const end = times.length - 1;
  if (key === 'Escape') {
    return null;
  }
  if (end < 0) {
    return undefined;
  }
  const after = times.findIndex(each => time !== null && each >= time);
  const at = time === null ? end + 1 : after < 0 ? end : after;
  switch (key) {
    case 'ArrowLeft':
      return times[Math.max(0, at - 1)];
    case 'ArrowRight':
      return times[Math.min(end, time === null ? end : at + 1)];
    case 'Home':
      return times[0];
    case 'End':
      return times[end];
    default:
      return undefined;
  }
}
