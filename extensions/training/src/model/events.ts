/**
 * Server-sent events out of text that arrives in pieces.
 */
export class EventParser {
  /** Take a piece; return the data of the events it completes. */
  push(piece: string): string[] {
    this._rest += piece.replace(/\r\n?/g, '\n');
    const blocks = this._rest.split('\n\n');
    this._rest = blocks.pop() ?? '';
    return blocks
      .map(block =>
        block
          .split('\n')
          .filter(line => line.startsWith('data:'))
          .map(line => line.slice(5).replace(/^ /, ''))
          .join('\n')
      )
      .filter(data => data !== '');
  }

  private _rest = '';
}

/** Milliseconds to wait before attempt n (from 0), with up to half of it random. */
export function backOff(attempt: number, random = Math.random()): number {
  const ceiling = Math.min(30_000, 1_000 * 2 ** attempt);
  return ceiling / 2 + (ceiling / 2) * random;
}
