/**
 * Values of hyper-parameters as people type them: numbers, `true` and `false` are
 * passed as such, everything else is a text; quotation marks make a text of anything.
 */
import { exactNumber, type Parameter } from '@mofang/shared';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

export function parameterOf(text: string): Parameter {
  if (text === 'true' || text === 'false') {
    return text === 'true';
  }
  if (NUMBER.test(text) && Number.isFinite(Number(text))) {
    return exactNumber(text);
  }
  return quotedText(text) ?? text;
}

/** Write a value so that `parameterOf` reads the same. */
export function parameterText(value: Parameter): string {
  const text = String(value);
  return typeof value !== 'string' || parameterOf(value) === value
    ? text
    : JSON.stringify(value);
}

function quotedText(text: string): string | null {
  if (!/^".*"$/s.test(text)) {
    return null;
  }
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'string' ? read : null;
  } catch (reason) {
    if (reason instanceof SyntaxError) {
      return null;
    }
    throw reason;
  }
}
