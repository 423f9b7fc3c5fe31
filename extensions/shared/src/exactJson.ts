/**
 * JSON whose numbers are written back as they were read: `1.0`, `1e-05` and whole
 * numbers of any length. A seed or a rate must not change when a job is repeated.
 */
import { LosslessNumber, parse, stringify } from 'lossless-json';

export type ExactNumber = number | LosslessNumber;

/** A number; one of JavaScript's own only where it is written the same. */
export function exactNumber(text: string): ExactNumber {
  const number = Number(text);
  return String(number) === text ? number : new LosslessNumber(text);
}

export function parseExact<T>(text: string): T {
  const value: unknown = JSON.parse(text);
  // What is written the same has lost nothing. Most has not, and this is far quicker.
  const exact =
    JSON.stringify(value) === text ? value : parse(text, null, exactNumber);
  return exact as T;
}

export function stringifyExact(value: unknown): string {
  return stringify(value) ?? 'null';
}
