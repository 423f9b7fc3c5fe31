import { type IJobMetrics, type ISeries, replicaName } from '@mofang/shared';

import { UNITS, type Unit } from '../model/chartValues';

/** Dash patterns, so that lines do not differ by colour alone. */
const DASHES = ['', '7 3', '2 3', '9 3 2 3'];
/** Colours of the style: --mf-line-0 and so on. */
const COLOURS = 6;

export interface ILine {
  /** Of the replica. */
  name: string;
  times: readonly number[];
  series: ISeries;
  colour: string;
  dash: string;
}

export interface IChart {
  /** Of the series, such as `gpu_memory`. */
  name: string;
  unit: Unit;
  lines: ILine[];
}

/** Line style of the n-th replica, the same in all charts. */
export function lineStyleOf(at: number): { colour: string; dash: string } {
  return {
    colour: `var(--mf-line-${at % COLOURS})`,
    dash: DASHES[Math.floor(at / COLOURS) % DASHES.length]
  };
}

/** One chart for each kind of series of which something was measured. */
export function chartsOf(metrics: IJobMetrics): IChart[] {
  const replicas = metrics.replicas.map((replica, at) => ({
    name: replicaName(replica),
    series: replica.series,
    times: replica.times.map(time => Date.parse(time)),
    style: lineStyleOf(at)
  }));
  return Object.entries(UNITS)
    .map(([name, unit]) => ({
      name,
      unit,
      lines: replicas.flatMap(each =>
        each.series
          .filter(
            series =>
              series.name === name && series.values.some(v => v !== null)
          )
          .map(series => ({
            name: each.name,
            times: each.times,
            series,
            ...each.style
          }))
      )
    }))
    .filter(chart => chart.lines.length > 0);
}

/** From the first to the last measurement of all; the axis of every chart. */
export function spanOf(charts: readonly IChart[]): [number, number] {
  let from = Infinity;
  let to = -Infinity;
  for (const { lines } of charts) {
    for (const { times } of lines) {
      from = Math.min(from, times[0] ?? from);
      to = Math.max(to, times[times.length - 1] ?? to);
    }
  }
  return [from, to > from ? to : from + 1_000];
}
