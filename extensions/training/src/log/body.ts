import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import {
  isAtEnd,
  isMove,
  isMoveUp,
  topByKey,
  type IScrollPosition
} from './scrollPosition';

/** What the lines report of the person who reads them. */
export interface ILogBodyListener {
  /** Whether the person has scrolled away from the end of the log. */
  isScrolledAway: boolean;
  /** The button above the first line was pressed. */
  loadEarlier(): Promise<void>;
}

/** The lines of a log, and the notes above the first of them. */
export class LogBody extends Widget {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass('mf-LogBody');
    this.earlier = document.createElement('button');
    this.earlier.className = 'jp-Button jp-mod-styled jp-mod-minimal';
    this.earlier.textContent = trans.__('Load earlier lines');
    this.earlier.hidden = true;
    this.earlier.addEventListener(
      'click',
      () => void this.listener.loadEarlier()
    );
    this.gap = document.createElement('p');
    this.gap.className = 'mf-LogGap';
    this.gap.hidden = true;
    this.gap.textContent = trans.__(
      'Earlier lines are no longer shown here. Download the log to read all of it.'
    );
    this.empty = document.createElement('p');
    this.empty.className = 'mf-LogGap';
    this.lines = document.createElement('div');
    this.lines.className = 'mf-LogLines';
    this.scroller = document.createElement('div');
    this.scroller.className = 'mf-LogScroller';
    this.scroller.tabIndex = 0;
    this.scroller.setAttribute('role', 'log');
    this.scroller.setAttribute('aria-label', trans.__('Output'));
    // Read aloud on demand only: a training log speaks faster than any voice.
    this.scroller.setAttribute('aria-live', 'off');
    this.scroller.append(this.gap, this.earlier, this.lines, this.empty);
    this.scroller.addEventListener('scroll', this._onScroll, { passive: true });
    this.scroller.addEventListener('keydown', this._onKey);
    this.scroller.addEventListener('wheel', this._onWheel, { passive: true });
    this.node.append(this.scroller);
    this._lastPosition = scrollPositionOf(this.scroller);
  }

  listener!: ILogBodyListener;
  readonly earlier: HTMLButtonElement;
  readonly empty: HTMLElement;
  readonly gap: HTMLElement;
  readonly lines: HTMLElement;
  readonly scroller: HTMLElement;

  scrollToEnd(): void {
    this.scrollTo(this.scroller.scrollHeight);
  }

  /** Scroll without reporting it to the listener. */
  scrollTo(top: number): void {
    this.scroller.scrollTop = top;
    this._lastPosition = scrollPositionOf(this.scroller);
  }

  private _onScroll = (): void => {
    const position = scrollPositionOf(this.scroller);
    if (isMoveUp(this._lastPosition, position)) {
      this.listener.isScrolledAway = true;
    } else if (isMove(this._lastPosition, position) && isAtEnd(position)) {
      this.listener.isScrolledAway = false;
    }
    this._lastPosition = position;
  };

  private _onKey = (event: KeyboardEvent): void => {
    const top = topByKey(event.key, scrollPositionOf(this.scroller));
    if (top === null || event.altKey || event.shiftKey) {
      return;
    }
    // Browsers scroll smoothly, and new lines of a busy log would stop that.
    event.preventDefault();
    if (event.key === 'End') {
      this.listener.isScrolledAway = false;
    } else if (this.scroller.scrollTop > 0) {
      this.listener.isScrolledAway = true;
    }
    this.scrollTo(top);
  };

  private _onWheel = (event: WheelEvent): void => {
    if (event.deltaY < 0 && this.scroller.scrollTop > 0) {
      this.listener.isScrolledAway = true;
    }
  };

  /** The scroll position at the last event. */
  private _lastPosition: IScrollPosition;
}

function scrollPositionOf(node: HTMLElement): IScrollPosition {
  const { scrollTop, scrollHeight, clientHeight } = node;
  return { scrollTop, scrollHeight, clientHeight };
}
