/** Memory of the server, when it runs out, and what it may get while it runs. */

import type { ITranslate } from './jobForm';

/** As the server reports it. */
export interface IServerMemory {
  /** Null where it cannot be measured. */
  used_bytes: number | null;
  limit_bytes: number;
  /** Null if nothing says that memory runs out. */
  runs_out_in_seconds: number | null;
  is_nearly_full: boolean;
  /** That may be added without a restart; null for none. */
  offered_gib: number | null;
}

/** One amount that may be chosen. */
export interface ISizeRange {
  name: 'cpu' | 'memory';
  unit: string;
  value: number;
  low: number;
  high: number;
  /** Round amounts, those two among them. */
  steps: number[];
}

const GIB = 1024 ** 3;

/** Whether people are told of the memory. */
export function isShort(memory: IServerMemory): boolean {
  return memory.runs_out_in_seconds !== null || memory.is_nearly_full;
}

/** A number with two digits after the point at most. */
export function amount(value: number): string {
  return String(Math.floor(value * 100) / 100);
}

/** The notice, in a sentence or two. */
export function shortageText(memory: IServerMemory, trans: ITranslate): string {
  const used = amount((memory.used_bytes ?? 0) / GIB);
  const limit = amount(memory.limit_bytes / GIB);
  const seconds = memory.runs_out_in_seconds;
  const parts = [
    seconds === null
      ? trans.__('Memory is nearly full: %1 of %2 GiB.', used, limit)
      : trans.__(
          'Memory runs out in about %1: %2 of %3 GiB are used.',
          aboutMinutes(seconds, trans),
          used,
          limit
        )
  ];
  if (memory.offered_gib === null) {
    parts.push(
      trans.__(
        'This server cannot get more while it runs. Shut down kernels that you do not need, or save your work and restart it with more.'
      )
    );
  }
  return parts.join(' ');
}

function aboutMinutes(seconds: number, trans: ITranslate): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) {
    return trans.__('half a minute');
  }
  return minutes === 1
    ? trans.__('a minute')
    : trans.__('%1 minutes', String(minutes));
}

/** On the button that gives more. */
export function offerText(gib: number, trans: ITranslate): string {
  return trans.__('Give it %1 GiB more', amount(gib));
}

/** The quantity of memory with so much more. */
export function grown(memory: IServerMemory, gib: number): string {
  return `${Math.round(memory.limit_bytes / 1024 ** 2 + gib * 1024)}Mi`;
}

/** An amount as Kubernetes reads it. */
export function quantity(range: ISizeRange, value: number): string {
  return range.name === 'memory' ? `${value}Gi` : String(value);
}

/** What is wrong with an amount; empty for nothing. */
export function sizeFault(
  range: ISizeRange,
  value: number,
  trans: ITranslate
): string {
  return value >= range.low && value <= range.high
    ? ''
    : trans.__(
        'Choose from %1 to %2 %3.',
        amount(range.low),
        amount(range.high),
        range.unit
      );
}
