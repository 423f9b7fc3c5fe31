/**
 * Numbers of charts: units, ticks, and lines with gaps. Nothing here draws.
 */
import type { IReplicaMetrics, ISeries } from '@mofang/shared';

export type Unit = 'cores' | 'bytes' | 'percent' | 'rate';

/** The curves of a replica, in the order in which they are shown. */
export const UNITS: Record<string, Unit> = {
  cpu: 'cores',
  memory: 'bytes',
  gpu: 'percent',
  gpu_memory: 'bytes',
  read: 'rate',
  write: 'rate',
  received: 'rate',
  sent: 'rate'
};

const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A value as people read it: `1.5 cores`, `512 MiB`, `37 %`, `1.2 MiB/s`. */
export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case 'cores':
      return `${rounded(value)} ${value === 1 ? 'core' : 'cores'}`;
    case 'percent':
      return `${Math.round(value)} %`;
    case 'bytes':
      return formatBytes(value);
    case 'rate':
      return `${formatBytes(value)}/s`;
  }
}

function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10 + 1e-9);
  const at = Math.min(power, BYTES.length - 1);
  return `${rounded(bytes / 2 ** (10 * at))} ${BYTES[at]}`;
}

/** Three digits are what an eye takes in. */
function rounded(value: number): string {
  return String(Number(value.toPrecision(value >= 1000 ? 4 : 3)));
}

/**
 * Ticks from 0 to at least a value, at most so many steps apart.
 *
 * Bytes step by powers of two, so that a tick says `4 GiB` and not `3.73 GiB`.
 */
export function valueTicks(highest: number, unit: Unit, steps = 4): number[] {
  if (unit === 'percent') {
    return [0, 25, 50, 75, 100];
  }
  const isBytes = unit !== 'cores';
  const min = isBytes ? 1024 : 0.1;
  const rough = Math.max(highest, min) / steps;
  let step: number;
  if (isBytes) {
    step = 2 ** Math.ceil(Math.log2(rough) - 1e-9);
  } else {
    const power = 10 ** Math.floor(Math.log10(rough) + 1e-9);
    step = [1, 2, 5, 10].find(each => each * power >= rough * 0.9999)! * power;
  }
  const count = Math.max(1, Math.ceil(Math.max(highest, min) / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, at) =>
    Number((at * step).toPrecision(12))
  );
}

/** The highest value to draw: measured values and the limit, unless it is far above. */
export function highest(series: readonly ISeries[]): number {
  let max = 0;
  for (const { values } of series) {
    for (const value of values) {
      max = value !== null && value > max ? value : max;
    }
  }
  // A limit far above everything would press the curves flat.
  const limits = series.map(each => each.limit ?? 0);
  const limit = Math.max(0, ...limits);
  return limit <= max * 4 || max === 0 ? Math.max(max, limit) : max;
}

/** Segments of consecutive values, each as `[index, value]`; nulls separate them. */
export function segments(
  values: readonly (number | null)[]
): [number, number][][] {
  const result: [number, number][][] = [];
  let segment: [number, number][] = [];
  values.forEach((value, at) => {
    if (value === null) {
      segment = [];
      return;
    }
    if (segment.length === 0) {
      result.push(segment);
    }
    segment.push([at, value]);
  });
  return result;
}

export function lastValue(values: readonly (number | null)[]): number | null {
  return values.reduceRight<number | null>(
    (found, value) => found ?? value,
    null
  );
}

/** Some of a replica's curves added up; null where it has none of them. */
export function summed(
  replica: IReplicaMetrics,
  names: readonly string[]
): (number | null)[] | null {
  const parts = replica.series.filter(
    each => names.includes(each.name) && lastValue(each.values) !== null
  );
  if (parts.length === 0) {
    return null;
  }
  return replica.times.map((_, at) =>
    parts.reduce<number | null>((sum, { values }) => {
      const value = values[at] ?? null;
      return value === null ? sum : (sum ?? 0) + value;
    }, null)
  );
}

/** Index of the time nearest to the given one, in ascending times; -1 if empty. */
export function nearest(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const earlier = low - 1;
  const isNearer = earlier >= 0 && time - times[earlier] < times[low] - time;
  return times.length === 0 ? -1 : isNearer ? earlier : low;
}
