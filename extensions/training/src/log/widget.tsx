import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';
import * as React from 'react';

import type { IReplica } from '../model/wire';
import { Opening } from '../opening/opening';
import type { ITrainingJobs } from '../tokens';
import { LogControls } from './controls';
import { LogModel } from './model';
import { isAtEnd, isMove, isMoveUp, topByKey, type IPlace } from './place';

/** The log of a job, one replica at a time. */
export class LogWidget extends Panel {
  constructor(
    jobs: ITrainingJobs,
    jobId: string,
    private _trans: TranslationBundle,
    openShell: ((replica: IReplica) => void) | null
  ) {
    super();
    this.addClass('mf-Log');
    const body = new LogBody(_trans);
    this.model = new LogModel(
      jobs,
      jobId,
      body,
      new Opening(jobs, [jobId], _trans)
    );
    body.model = this.model;
    this.addWidget(
      ReactWidget.create(
        <LogControls model={this.model} trans={_trans} openShell={openShell} />
      )
    );
    this.addWidget(body);
    this.model.stateChanged.connect(this._updateTitle, this);
    this._updateTitle();
  }

  readonly model: LogModel;

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
    }
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.model.isShown = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    // Browsers allow few connections per host: a log nobody sees gives its own back.
    this.model.isShown = false;
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector<HTMLElement>('[role=log]')?.focus();
  }

  private _updateTitle(): void {
    const { job } = this.model;
    this.title.label = job
      ? this._trans.__('Log · %1', job.spec.name)
      : this._trans.__('Log');
    this.title.caption = this.model.jobId;
  }
}

/** The lines, and what stands before the first of them. */
export class LogBody extends Widget {
  constructor(trans: TranslationBundle) {
    super();
    this.addClass('mf-LogBody');
    this.earlier = document.createElement('button');
    this.earlier.className = 'jp-Button jp-mod-styled jp-mod-minimal';
    this.earlier.textContent = trans.__('Load earlier lines');
    this.earlier.hidden = true;
    this.earlier.addEventListener('click', () => void this.model.loadEarlier());
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
    this._place = placeOf(this.scroller);
  }

  model!: LogModel;
  readonly earlier: HTMLButtonElement;
  readonly empty: HTMLElement;
  readonly gap: HTMLElement;
  readonly lines: HTMLElement;
  readonly scroller: HTMLElement;

  scrollToEnd(): void {
    this.scrollTo(this.scroller.scrollHeight);
  }

  /** Show another place, without anybody having asked for it. */
  scrollTo(top: number): void {
    this.scroller.scrollTop = top;
    this._place = placeOf(this.scroller);
  }

  private _onScroll = (): void => {
    const place = placeOf(this.scroller);
    if (isMoveUp(this._place, place)) {
      this.model.isScrolledAway = true;
    } else if (isMove(this._place, place) && isAtEnd(place)) {
      this.model.isScrolledAway = false;
    }
    this._place = place;
  };

  private _onKey = (event: KeyboardEvent): void => {
    const top = topByKey(event.key, placeOf(this.scroller));
    if (top === null || event.altKey || event.shiftKey) {
      return;
    }
    // Browsers glide there, and in a busy log lines that come meanwhile end the glide.
    event.preventDefault();
    if (event.key === 'End') {
      this.model.isScrolledAway = false;
    } else if (this.scroller.scrollTop > 0) {
      this.model.isScrolledAway = true;
    }
    this.scrollTo(top);
  };

  private _onWheel = (event: WheelEvent): void => {
    if (event.deltaY < 0 && this.scroller.scrollTop > 0) {
      this.model.isScrolledAway = true;
    }
  };

  /** The place that was known last. */
  private _place: IPlace;
}

function placeOf(node: HTMLElement): IPlace {
  const { scrollTop, scrollHeight, clientHeight } = node;
  return { scrollTop, scrollHeight, clientHeight };
}
