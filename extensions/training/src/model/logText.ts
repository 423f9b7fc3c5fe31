/**
 * Text of a log as it is shown: whole lines, without what a terminal would eat.
 */

/** The platform marks its own lines with this. */
export const SYSTEM_MARK = '[Mofang]';

export interface ILogLine {
  text: string;
  isSystem: boolean;
}

const ESCAPES =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** Drop colours, and of a progress bar keep what it showed last. */
export function shownLine(raw: string): ILogLine {
  const clean = raw.replace(ESCAPES, '').replace(/\r+$/, '');
  const text = clean.slice(clean.lastIndexOf('\r') + 1);
  return { text, isSystem: text.includes(SYSTEM_MARK) };
}

/** Cuts text that arrives in pieces into lines. */
export class LineCutter {
  /** Take a piece; return the lines it completes. */
  push(piece: string): string[] {
    const lines = (this._rest + piece).split('\n');
    this._rest = lines.pop() ?? '';
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

/** Where in bytes read from the middle of a log the first whole line starts. */
export function firstLineStart(bytes: Uint8Array): number {
  const cut = bytes.indexOf(10);
  return cut < 0 ? 0 : cut + 1;
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
