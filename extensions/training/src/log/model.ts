import { VDomModel } from '@jupyterlab/ui-components';
import { type IJob, type IReplica, replicaName } from '@mofang/shared';

import type { JobLoader } from '../loading/jobLoader';
import type { ITrainingJobs } from '../tokens';
import type { ILogBodyListener, LogBody } from './body';
import { Highlights } from './highlights';
import { LogLines } from './lines';
import { LogReader, type ILogListener, type LogState } from './reader';

/** What a log view shows, and how. */
export class LogModel
  extends VDomModel
  implements ILogListener, ILogBodyListener
{
  constructor(
    private _jobs: ITrainingJobs,
    readonly jobId: string,
    private _body: LogBody,
    readonly loader: JobLoader
  ) {
    super();
    this._lines = new LogLines(_body.lines);
    _body.lines.after(this._lines.pendingNode);
    this._lines.dropped = () => {
      _body.gap.hidden = false;
      _body.earlier.hidden = true;
    };
    this.highlights = new Highlights(_body.scroller);
    _body.scroller.classList.add('mf-mod-wrap');
    _jobs.changed.connect(this._onJobsChanged, this);
    loader.changed.connect(this._onJobsChanged, this);
  }

  readonly highlights: Highlights;
  logState: LogState = 'reading';
  problem = '';
  /** `worker-1`, or empty before the job has replicas. */
  selected = '';
  query = '';

  get job(): IJob | undefined {
    return this._jobs.find(this.jobId);
  }

  get replicas(): readonly IReplica[] {
    return this.job?.replicas ?? [];
  }

  get replica(): IReplica | undefined {
    return this.replicas.find(each => replicaName(each) === this.selected);
  }

  get isFollowing(): boolean {
    return this._follow;
  }

  set isFollowing(follow: boolean) {
    this._follow = follow;
    this.isScrolledAway = false;
    this._followOrPause();
    this.stateChanged.emit();
  }

  /** The user has scrolled up: new lines must not scroll the view. */
  isScrolledAway = false;

  get withSystem(): boolean {
    return this._withSystem;
  }

  set withSystem(shown: boolean) {
    this._withSystem = shown;
    this._body.lines.classList.toggle('mf-mod-noSystem', !shown);
    this.search(this.query);
  }

  get wraps(): boolean {
    return this._wraps;
  }

  set wraps(wraps: boolean) {
    this._wraps = wraps;
    this._body.scroller.classList.toggle('mf-mod-wrap', wraps);
    this.stateChanged.emit();
  }

  set isShown(shown: boolean) {
    this._isShown = shown;
    this._followOrPause();
    if (shown && this._follow && !this.isScrolledAway) {
      this._body.scrollToEnd();
    }
  }

  get downloadUrl(): string | null {
    const { replica } = this;
    return replica ? this._jobs.log(this.jobId, replica).url : null;
  }

  /** Show the log of that replica; the first one where none is named. */
  select(name: string): void {
    const replica =
      this.replicas.find(each => replicaName(each) === name) ??
      this.replicas[0];
    if (!replica) {
      this._requested = name;
      this._body.empty.textContent = this.job?.reason ?? '';
      return;
    }
    if (this.selected !== replicaName(replica)) {
      this.selected = replicaName(replica);
      void this._startReader(replica);
      this.stateChanged.emit();
    }
  }

  search(query: string): void {
    this.query = query;
    this.highlights.show(
      this._lines.find(query.toLowerCase(), this._withSystem)
    );
    this.stateChanged.emit();
  }

  step(by: number): void {
    this.isScrolledAway = true;
    this.highlights.step(by);
    this.stateChanged.emit();
  }

  async loadEarlier(): Promise<void> {
    this._body.earlier.disabled = true;
    try {
      await this._reader?.earlier();
    } catch (reason) {
      this.state('lost', reason instanceof Error ? reason.message : '');
    } finally {
      this._body.earlier.disabled = false;
    }
  }

  prepend(lines: string[], more: boolean): void {
    const { scroller } = this._body;
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    this._lines.prepend(lines);
    this._body.earlier.hidden = !more;
    if (lines.length > 0) {
      this._body.empty.textContent = '';
    }
    this._body.scrollTo(scroller.scrollHeight - fromEnd);
    this._linesChanged();
  }

  append(lines: string[], pending: string): void {
    this._queuedLines.push(...lines);
    this._pending = pending;
    // However many chunks arrive, lay out once per frame.
    this._frame ||= requestAnimationFrame(() => this._flush());
  }

  state(state: LogState, problem = ''): void {
    this.logState = state;
    this.problem = problem;
    this.stateChanged.emit();
  }

  override dispose(): void {
    this._reader?.dispose();
    cancelAnimationFrame(this._frame);
    this.highlights.dispose();
    this._jobs.changed.disconnect(this._onJobsChanged, this);
    this.loader.dispose();
    super.dispose();
  }

  private async _startReader(replica: IReplica): Promise<void> {
    this._reader?.dispose();
    this._queuedLines = [];
    this._lines.clear();
    this._body.gap.hidden = true;
    this._body.earlier.hidden = true;
    const reader: LogReader = new LogReader(
      this._jobs.log(this.jobId, replica),
      this._listenerOf(() => this._reader === reader)
    );
    this._reader = reader;
    try {
      await reader.begin();
    } catch (reason) {
      if (!reader.isDisposed) {
        this._body.empty.textContent = replica.reason ?? this.job?.reason ?? '';
        this.state('lost', reason instanceof Error ? reason.message : '');
      }
    }
    if (this._reader === reader) {
      this._body.scrollToEnd();
      this._followOrPause();
    }
  }

  /** This, for as long as the reader is the one in use. */
  private _listenerOf(isCurrent: () => boolean): ILogListener {
    return {
      prepend: (lines, more) => isCurrent() && this.prepend(lines, more),
      append: (lines, pending) => isCurrent() && this.append(lines, pending),
      state: (state, problem) => isCurrent() && this.state(state, problem)
    };
  }

  private _flush(): void {
    this._frame = 0;
    const lines = this._queuedLines.splice(0);
    this._lines.append(lines, this._pending);
    if (lines.length > 0 || this._pending) {
      this._body.empty.textContent = '';
    }
    if (this._follow && !this.isScrolledAway) {
      this._body.scrollToEnd();
    }
    this._linesChanged();
  }

  private _linesChanged(): void {
    if (this.query) {
      this.highlights.refresh(
        this._lines.find(this.query.toLowerCase(), this._withSystem)
      );
      this.stateChanged.emit();
    }
  }

  private _followOrPause(): void {
    if (this._follow && this._isShown) {
      void this._reader?.follow();
    } else {
      this._reader?.pause();
    }
  }

  private _onJobsChanged(): void {
    if (!this.job || !this.selected) {
      this._body.empty.textContent = this.job
        ? (this.job.reason ?? '')
        : this.loader.problem;
    }
    if (!this.selected && this.replicas.length > 0) {
      this.select(this._requested);
    }
    this.stateChanged.emit();
  }

  private _follow = true;
  private _frame = 0;
  private _isShown = true;
  private _lines: LogLines;
  private _pending = '';
  private _reader: LogReader | null = null;
  private _queuedLines: string[] = [];
  private _requested = '';
  private _withSystem = true;
  private _wraps = true;
}
