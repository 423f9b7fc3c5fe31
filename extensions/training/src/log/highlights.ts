import type { IDisposable } from '@lumino/disposable';

/**
 * Highlights matches by the CSS Custom Highlight API, without changing the DOM.
 * Browsers without it still count the matches and scroll to them.
 */
export class Highlights implements IDisposable {
  constructor(private _scroller: HTMLElement) {}

  ranges: Range[] = [];
  /** Index of the current range; -1 if there is none. */
  current = -1;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this.show([]);
    }
  }

  /** Highlight ranges and go to the last one: the newest lines are at the end. */
  show(ranges: Range[]): void {
    this.ranges = ranges;
    this.current = -1;
    if (ranges.length > 0) {
      this.current = ranges.length - 1;
      this._reveal();
    }
    this._paint();
  }

  /** Highlight ranges and keep the current one. */
  refresh(ranges: Range[]): void {
    const at = this.ranges[this.current];
    this.ranges = ranges;
    this.current = at
      ? ranges.findIndex(
          range =>
            range.startContainer === at.startContainer &&
            range.startOffset === at.startOffset
        )
      : -1;
    this._paint();
  }

  step(by: number): void {
    const { length } = this.ranges;
    if (length > 0) {
      this.current = (this.current + by + length) % length;
      this._reveal();
      this._paint();
    }
  }

  private _reveal(): void {
    const line = this.ranges[this.current].startContainer.parentElement;
    line?.scrollIntoView({ block: 'center', inline: 'nearest' });
    this._scroller.scrollLeft = 0;
  }

  private _paint(): void {
    if (!('highlights' in CSS)) {
      return;
    }
    const now = this.ranges[this.current];
    // All views share one name: the highlights are those of the last search.
    CSS.highlights.set('mofang-found', new Highlight(...this.ranges));
    CSS.highlights.set(
      'mofang-current',
      now ? new Highlight(now) : new Highlight()
    );
  }

  private _isDisposed = false;
}
