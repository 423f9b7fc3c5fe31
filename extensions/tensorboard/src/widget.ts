import { MainAreaWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  launchIcon,
  ReactWidget,
  refreshIcon,
  stopIcon,
  Toolbar,
  ToolbarButton,
  UseSignal
} from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Poll } from '@lumino/polling';
import { Signal } from '@lumino/signaling';
import { StackedPanel, Widget } from '@lumino/widgets';
import * as React from 'react';

import { TensorBoardFrame, themed } from './frame';
import { curvesIcon } from './icons';
import { type IInstance, type ITensorBoards, TensorBoardModel } from './model';
import { Notice } from './notice';
import { type Selection, selectionName, selectionText } from './selection';

/** How often a visible tab reports activity. */
const REFRESH_MILLISECONDS = 60_000;

/** How often to ask for the first data, as of a job that has just begun. */
const FIRST_DATA_MILLISECONDS = 5_000;

export interface ITensorBoardOptions {
  selection: Selection;
  /** What to call the tab, or empty: the directory's name then. */
  title: string;
  boards: ITensorBoards;
  /** Address of the notebook's server. */
  baseUrl: string;
  isDark: boolean;
  trans: TranslationBundle;
}

/** A tab with a TensorBoard, or with the reason why there is none. */
export class TensorBoardWidget extends MainAreaWidget<StackedPanel> {
  constructor(private _options: ITensorBoardOptions) {
    super({ content: new StackedPanel() });
    const { selection, title, boards, trans } = _options;
    this.model = new TensorBoardModel(selection, boards, () => this._show());
    this.addClass('mf-TensorBoard');
    this.title.icon = curvesIcon;
    this.title.label = `TensorBoard · ${title || selectionName(selection)}`;
    this.title.caption = selectionText(selection);
    this.content.node.setAttribute('role', 'region');
    this.content.node.setAttribute('aria-label', this.title.label);
    this._notice = ReactWidget.create(
      React.createElement(UseSignal, {
        signal: this._changed,
        children: () =>
          React.createElement(Notice, {
            state: this.model.state,
            text: selectionText(selection),
            open: () => void this.model.open(),
            trans
          })
      })
    );
    this.content.addWidget(this._notice);
    this._fillToolbar();
    this._poll = new Poll({
      auto: false,
      factory: () => this.model.refresh(),
      frequency: { interval: REFRESH_MILLISECONDS, backoff: false },
      name: '@mofang/tensorboard:refresh',
      standby: () => document.hidden || !this.isVisible
    });
    this._show();
  }

  readonly model: TensorBoardModel;

  get selection(): Selection {
    return this._options.selection;
  }

  /** The title that was asked for; empty for the directory's name. */
  get name(): string {
    return this._options.title;
  }

  setDark(isDark: boolean): void {
    this._options.isDark = isDark;
    this._frame?.setDark(isDark);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._poll.dispose();
      Signal.clearData(this);
    }
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    void this._poll.refresh();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    if (this.isVisible) {
      void this._poll.refresh();
    }
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._frame?.focus();
  }

  private _fillToolbar(): void {
    const { trans } = this._options;
    this.toolbar.node.setAttribute('aria-label', trans.__('TensorBoard'));
    const where = new Widget();
    where.addClass('mf-TensorBoardPath');
    where.node.textContent = selectionText(this.selection).replace(
      /\n/g,
      ' · '
    );
    where.node.title = selectionText(this.selection);
    this._buttons = [
      new ToolbarButton({
        icon: refreshIcon,
        tooltip: trans.__('Reload TensorBoard'),
        onClick: () => this._frame?.reload()
      }),
      new ToolbarButton({
        icon: launchIcon,
        tooltip: trans.__('Open in a new browser tab'),
        onClick: () => this._openOutside()
      }),
      new ToolbarButton({
        icon: stopIcon,
        tooltip: trans.__('Stop TensorBoard'),
        onClick: () => void this.model.stop()
      })
    ];
    this.toolbar.addItem('where', where);
    this.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    ['reload', 'outside', 'stop'].forEach((name, index) =>
      this.toolbar.addItem(name, this._buttons[index])
    );
  }

  private _openOutside(): void {
    if (this._frame) {
      const url = themed(this._frame.address, this._options.isDark);
      window.open(url, '_blank', 'noopener');
    }
  }

  /** Show what the model says. */
  private _show(): void {
    if (this.isDisposed) {
      return;
    }
    const { state } = this.model;
    const isRunning = state.kind === 'running';
    const isBusy = state.kind === 'starting' || state.kind === 'stopping';
    this.content.node.setAttribute('aria-busy', String(isBusy));
    this._buttons.forEach(button => (button.enabled = isRunning));
    const hadFocus = this._notice.node.contains(document.activeElement);
    this._notice.setHidden(isRunning);
    if (isRunning) {
      this._showFrame(state.instance, state.hasData);
      if (hadFocus) {
        this._frame?.focus();
      }
    } else {
      this._frame?.dispose();
      this._frame = null;
    }
    this._changed.emit();
  }

  private _showFrame(instance: IInstance, hasData: boolean): void {
    if (this._frame) {
      // The data came after the page, which does not reload by itself.
      this._frame.reload();
    } else {
      const { baseUrl, isDark } = this._options;
      const address = new URL(instance.url, baseUrl).href;
      this._frame = new TensorBoardFrame(address, isDark, this.title.label);
      this.content.addWidget(this._frame);
    }
    const interval = hasData ? REFRESH_MILLISECONDS : FIRST_DATA_MILLISECONDS;
    if (interval !== this._poll.frequency.interval) {
      this._poll.frequency = { ...this._poll.frequency, interval };
      void this._poll.refresh();
    }
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _notice: ReactWidget;
  private readonly _poll: Poll;
  private _buttons: ToolbarButton[] = [];
  private _frame: TensorBoardFrame | null = null;
}
