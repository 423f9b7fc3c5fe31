/**
 * Reads Python line by line, as far as it takes to tell where a statement can begin:
 * not inside brackets or a text of several lines, nor after a backslash.
 */
export class PythonLines {
  /** Whether the line that comes next can begin a statement. */
  get isAtStatement(): boolean {
    return this._depth === 0 && this._quote === '' && !this._continues;
  }

  push(line: string): void {
    this._continues = false;
    let rest = line;
    while (rest !== '') {
      rest = this._quote ? this._leaveText(rest) : this._readCode(rest);
    }
    if (this._quote.length === 1 && !this._continues) {
      // Such a text ends with its line; this one was never closed.
      this._quote = '';
    }
  }

  /** Read up to the next text; what is left of the line. */
  private _readCode(code: string): string {
    const found = /#|"""|'''|["'()[\]{}]|\\$/.exec(code);
    const mark = found?.[0] ?? '#';
    if (mark === '#') {
      return '';
    }
    if (mark === '\\') {
      this._continues = true;
    } else if ('([{'.includes(mark)) {
      this._depth += 1;
    } else if (')]}'.includes(mark)) {
      this._depth = Math.max(0, this._depth - 1);
    } else {
      this._quote = mark;
    }
    return code.slice(found!.index + mark.length);
  }

  /** Read up to the end of a text; what is left of the line. */
  private _leaveText(text: string): string {
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '\\') {
        at += 1;
        this._continues = at === text.length;
      } else if (text.startsWith(this._quote, at)) {
        const rest = text.slice(at + this._quote.length);
        this._quote = '';
        return rest;
      }
    }
    return '';
  }

  private _depth = 0;
  /** A backslash ends the line before. */
  private _continues = false;
  /** What closes the text that is open. */
  private _quote = '';
}
