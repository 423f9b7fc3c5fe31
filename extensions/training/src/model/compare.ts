/**
 * Two jobs side by side: what was asked, what came of it.
 */
import {
  type IJob,
  type IJobSpec,
  type IOutput,
  stringifyExact
} from '@mofang/shared';
import { isLosslessNumber } from 'lossless-json';

import type { JobResult } from './defaults';
import { joinShellWords } from './shellWords';

export interface IRow {
  /** A dotted path, such as `hyperparameters.lr`. */
  name: string;
  /** Empty where that job has nothing of the name. */
  values: [string, string];
}

/** The settings of two jobs, apart by whether they differ. */
export function compareSettings(
  left: IJobSpec,
  right: IJobSpec
): { different: IRow[]; equal: IRow[] } {
  const rows = pairs(flat(fieldsOf(left)), flat(fieldsOf(right)));
  const isEqual = ({ values: [a, b] }: IRow) => a === b;
  return {
    different: rows.filter(row => !isEqual(row)),
    equal: rows.filter(row => isEqual(row) && row.values[0] !== '')
  };
}

/** What two scripts reported, differing or not. */
export function compareResults(left: JobResult, right: JobResult): IRow[] {
  return pairs(flat(left), flat(right));
}

/** Where TensorBoard finds what the jobs wrote, by a name that tells them apart. */
export function outputDirectories(
  jobs: readonly IJob[]
): Record<string, string> {
  const named: Record<string, string> = {};
  const areAlike = new Set(jobs.map(job => job.spec.name)).size < jobs.length;
  for (const job of jobs) {
    const { outputs } = job.spec;
    const name = areAlike ? job.id : job.spec.name;
    outputs.forEach((output: IOutput) => {
      named[outputs.length > 1 ? `${name}-${output.name}` : name] = output.path;
    });
  }
  return named;
}

/** Nested values by dotted paths, as texts. */
export function flat(value: unknown, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  const isLeaf = Array.isArray(value) || isLosslessNumber(value);
  if (value !== null && typeof value === 'object' && !isLeaf) {
    for (const [name, each] of Object.entries(value)) {
      const inner = path ? `${path}.${name}` : name;
      flat(each, inner).forEach((text, key) => found.set(key, text));
    }
  } else if (value !== null && value !== undefined) {
    found.set(path, typeof value === 'string' ? value : stringifyExact(value));
  }
  return found;
}

function fieldsOf(spec: IJobSpec): Record<string, unknown> {
  const { inputs, outputs, ...rest } = spec;
  // By name, so that an order says nothing.
  const byName = (rows: readonly { name: string }[]) =>
    Object.fromEntries(
      rows.map(({ name, ...place }) => [name, place] as const)
    );
  return {
    ...rest,
    // Where it comes from is not what it asks for.
    rerun_of: null,
    arguments: joinShellWords(spec.arguments),
    command: joinShellWords(spec.command),
    flags: Object.fromEntries(spec.flags.map(name => [name, true])),
    inputs: byName(inputs),
    outputs: byName(outputs)
  };
}

function pairs(left: Map<string, string>, right: Map<string, string>): IRow[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].map(name => ({
    name,
    values: [left.get(name) ?? '', right.get(name) ?? '']
  }));
}
