/**
 * Text of a log as it is shown: whole lines, without what a terminal would eat.
 */

/** The platform marks its own lines with this. */
export const SYSTEM_MARK = '[Mofang]';

export interface ILogLine {
  text: string;
  isSystem: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Control sequences, control strings and other escapes of ECMA-48, in this order. */
const ESCAPES =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])/g;

/** What no terminal shows; a tabulator is not among them. */
const CONTROLS = /[\0-\x08\x0a-\x1f\x7f-\x9f]/g;

/** Drop colours, and of what was written over keep what was shown last. */
export function shownLine(raw: string): ILogLine {
  const state = lastState(raw.replace(ESCAPES, ''));
  const text = overwritten(state).replace(CONTROLS, '');
  return { text, isSystem: text.includes(SYSTEM_MARK) };
}

/** Let each backspace take what follows it a place back, as a terminal does. */
function overwritten(line: string): string {
  if (!line.includes('\b')) {
    return line;
  }
  const cells: string[] = [];
  let at = 0;
  for (const character of line) {
    if (character === '\b') {
      at = Math.max(0, at - 1);
    } else {
      cells[at++] = character;
    }
  }
  return cells.join('').trimEnd();
}

/** What a line shows last that is written over again and again. */
function lastState(line: string): string {
  const end = line.replace(/\r+$/, '').length;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1);
}

/** Cuts text that arrives in pieces into lines. */
export class LineCutter {
  /** Take a piece; return the lines it completes. */
  push(piece: string): string[] {
    const lines = (this._rest + piece).split('\n');
    this._rest = lastState(lines.pop() ?? '');
    // An endless line would grow for ever and cost more with each piece.
    if (this._rest.length > LONGEST_LINE) {
      lines.push(this._rest);
      this._rest = '';
    }
    return lines;
  }

  /** What came after the last line break: a progress bar, say. */
  get pending(): string {
    return this._rest;
  }

  /** What came after the last line break, now that nothing more comes. */
  rest(): string[] {
    const rest = this._rest;
    this._rest = '';
    return rest === '' ? [] : [rest];
  }

  private _rest = '';
}

const LONGEST_LINE = 64 * 1024;

/**
 * Where to begin to show bytes read from the middle of a log: at the first whole line.
 * Of a line that is longer than they are, at the first state of its progress bar, or
 * at once; what is left out is never all, so whoever reads on gets further.
 */
export function firstLineStart(bytes: Uint8Array): number {
  // A line break at the end is that of the line that is longer.
  const line = bytes.subarray(0, -1).indexOf(LINE_FEED);
  if (line >= 0) {
    return line + 1;
  }
  const state = bytes.subarray(0, bytes.length / 2).indexOf(CARRIAGE_RETURN);
  return state >= 0 ? state + 1 : firstCharacterStart(bytes);
}

/** UTF-8 marks the bytes that continue a character; there are three at most. */
function firstCharacterStart(bytes: Uint8Array): number {
  const start = bytes
    .subarray(0, 4)
    .findIndex(byte => (byte & 0b1100_0000) !== 0b1000_0000);
  return Math.max(start, 0);
}

/** Positions of a text in a line, in lower case both. */
export function matches(line: string, wanted: string): number[] {
  const found: number[] = [];
  if (!wanted) {
    return found;
  }
  const text = line.toLowerCase();
  for (
    let at = text.indexOf(wanted);
    at >= 0;
    at = text.indexOf(wanted, at + wanted.length)
  ) {
    found.push(at);
  }
  return found;
}
