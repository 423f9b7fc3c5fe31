import type { IDisposable } from '@lumino/disposable';

/**
 * Marks places in a text without touching it, by the browser's own highlights.
 *
 * A browser without them still counts the places and scrolls to each.
 */
export class Highlights implements IDisposable {
  constructor(private _scroller: HTMLElement) {}

  ranges: Range[] = [];
  /** Place of the current range; -1 where there is none. */
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

  /** Mark these and go to the last one: the newest lines are at the end. */
  show(ranges: Range[]): void {
    this.ranges = ranges;
    this.current = -1;
    if (ranges.length > 0) {
      this.current = ranges.length - 1;
      this._reveal();
    }
    this._paint();
  }

  /** Mark these, and stay at the place that is current. */
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
    // One name serves all views: the marks are those of the last search.
    CSS.highlights.set('mofang-found', new Highlight(...this.ranges));
    CSS.highlights.set(
      'mofang-current',
      now ? new Highlight(now) : new Highlight()
    );
  }

  private _isDisposed = false;
}
