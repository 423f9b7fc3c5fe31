import { type IReplica, replicaName } from '@mofang/shared';

import { LogLines } from '../log/lines';
import { type ILogListener, LogReader, type LogState } from '../log/reader';
import {
  type IScrollPosition,
  isAtEnd,
  isMove,
  isMoveUp
} from '../log/scrollPosition';
import type { ITrainingJobs } from '../tokens';
import { byId, setText } from './dom';

const STATES: Record<LogState, string> = {
  reading: 'Reading…',
  following: 'Following: new lines appear as they are written.',
  paused: 'Paused. Follow to read new lines.',
  complete: 'Complete.',
  lost: 'The connection was lost. Trying again…'
};

/** The log of one replica: its newest part, new lines, and earlier ones on demand. */
export class LogView {
  constructor(
    private _jobs: ITrainingJobs,
    private _job: string
  ) {
    this._lines = new LogLines(byId('mofang-log-lines'));
    byId('mofang-log-lines').after(this._lines.pendingNode);
    this._lines.dropped = () => {
      this._gap.hidden = false;
      this._earlier.hidden = true;
    };
    this._choice.addEventListener('change', () =>
      this._open(this._choice.value)
    );
    this._follow.addEventListener('change', () => this._followOrPause());
    this._system.addEventListener('change', () =>
      this._scroller.classList.toggle('mofang-no-system', !this._system.checked)
    );
    this._earlier.addEventListener('click', () => void this._loadEarlier());
    this._scroller.addEventListener('scroll', this._onScroll, {
      passive: true
    });
    this._retry.addEventListener('click', () => this._open(this._selected));
    this._requested =
      new URLSearchParams(window.location.search).get('replica') ?? '';
  }

  dispose(): void {
    this._reader?.dispose();
    this._reader = null;
    cancelAnimationFrame(this._frame);
  }

  /** Take the job's replicas; the first is opened, or the one that the address names. */
  update(replicas: readonly IReplica[]): void {
    const names = replicas.map(replicaName);
    const shown = [...this._choice.options].map(each => each.value);
    if (names.join() !== shown.join()) {
      this._choice.replaceChildren(...names.map(each => new Option(each)));
      this._choice.value = this._selected;
    }
    this._section.hidden = names.length === 0;
    if (!this._selected && names.length > 0) {
      const name = names.includes(this._requested) ? this._requested : names[0];
      this._open(name);
    }
  }

  /** Show the log of a replica, and put it into view. */
  show(name: string): void {
    if (name !== this._selected) {
      this._open(name);
    }
    this._section.scrollIntoView();
    this._scroller.focus({ preventScroll: true });
  }

  private _open(name: string): void {
    this._reader?.dispose();
    this._selected = name;
    this._choice.value = name;
    const url = new URL(window.location.href);
    url.searchParams.set('replica', name);
    window.history.replaceState(null, '', url);
    this._lines.clear();
    this._queued = [];
    this._pending = '';
    this._gap.hidden = true;
    this._earlier.hidden = true;
    this._isScrolledAway = false;
    const at = name.lastIndexOf('-');
    const source = this._jobs.log(this._job, {
      role: name.slice(0, at),
      index: Number(name.slice(at + 1))
    });
    const download = byId<HTMLAnchorElement>('mofang-log-download');
    download.href = source.url;
    download.download = `mofang-job-${this._job}-${name}.log`;
    const reader: LogReader = new LogReader(
      source,
      this._listenerOf(() => this._reader === reader)
    );
    this._reader = reader;
    void this._begin(reader);
  }

  private async _begin(reader: LogReader): Promise<void> {
    try {
      await reader.begin();
    } catch (reason) {
      if (this._reader === reader) {
        this._setState('lost', reason instanceof Error ? reason.message : '');
      }
    }
    if (this._reader === reader) {
      this._scrollToEnd();
      this._followOrPause();
    }
  }

  private _followOrPause(): void {
    if (this._follow.checked) {
      this._isScrolledAway = false;
      void this._reader?.follow();
    } else {
      this._reader?.pause();
    }
  }

  private _listenerOf(isCurrent: () => boolean): ILogListener {
    return {
      prepend: (lines, more) => isCurrent() && this._prepend(lines, more),
      append: (lines, pending) => isCurrent() && this._append(lines, pending),
      state: (state, problem) => isCurrent() && this._setState(state, problem)
    };
  }

  private _prepend(lines: string[], more: boolean): void {
    const { _scroller: scroller } = this;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    this._lines.prepend(lines);
    this._earlier.hidden = !more;
    this._scrollTo(scroller.scrollHeight - fromEnd);
  }

  private _append(lines: string[], pending: string): void {
    this._queued.push(...lines);
    this._pending = pending;
    // However many pieces arrive, lay out once per frame.
    this._frame ||= requestAnimationFrame(() => {
      this._frame = 0;
      this._lines.append(this._queued.splice(0), this._pending);
      if (this._follow.checked && !this._isScrolledAway) {
        this._scrollToEnd();
      }
    });
  }

  private async _loadEarlier(): Promise<void> {
    this._earlier.disabled = true;
    try {
      await this._reader?.earlier();
    } catch (reason) {
      this._setState('lost', reason instanceof Error ? reason.message : '');
    } finally {
      this._earlier.disabled = false;
    }
  }

  private _setState(state: LogState, problem = ''): void {
    setText(byId('mofang-log-state'), problem || STATES[state]);
    this._retry.hidden = state !== 'lost' || this._follow.checked;
  }

  private _onScroll = (): void => {
    const position = positionOf(this._scroller);
    if (isMoveUp(this._last, position)) {
      this._isScrolledAway = true;
    } else if (isMove(this._last, position) && isAtEnd(position)) {
      this._isScrolledAway = false;
    }
    this._last = position;
  };

  private _scrollToEnd(): void {
    this._scrollTo(this._scroller.scrollHeight);
  }

  private _scrollTo(top: number): void {
    this._scroller.scrollTop = top;
    this._last = positionOf(this._scroller);
  }

  private _choice = byId<HTMLSelectElement>('mofang-replica');
  private _earlier = byId<HTMLButtonElement>('mofang-log-earlier');
  private _follow = byId<HTMLInputElement>('mofang-follow');
  private _frame = 0;
  private _gap = byId('mofang-log-gap');
  private _isScrolledAway = false;
  private _lines: LogLines;
  private _pending = '';
  private _queued: string[] = [];
  private _reader: LogReader | null = null;
  private _requested: string;
  private _retry = byId<HTMLButtonElement>('mofang-log-retry');
  private _scroller = byId('mofang-log');
  private _section = byId('mofang-log-section');
  private _selected = '';
  private _system = byId<HTMLInputElement>('mofang-system');
  private _last = positionOf(this._scroller);
}

function positionOf(node: HTMLElement): IScrollPosition {
  const { scrollTop, scrollHeight, clientHeight } = node;
  return { scrollTop, scrollHeight, clientHeight };
}
