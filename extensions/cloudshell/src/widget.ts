import { MainAreaWidget } from '@jupyterlab/apputils';
import type {
  Terminal as TerminalNS,
  TerminalManager
} from '@jupyterlab/services';
import type { ITerminal } from '@jupyterlab/terminal';
import { Terminal } from '@jupyterlab/terminal';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, terminalIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { StackedPanel } from '@lumino/widgets';
import { replicaName } from '@mofang/shared';
import * as React from 'react';

import { type IControlledShell, ShellControls } from './controls';
import {
  type IShellJob,
  type ITarget,
  type ShellStatus,
  terminalName
} from './model';
import type { JobReader } from './request';

export interface IShellOptions {
  target: ITarget;
  jobs: JobReader;
  terminals: TerminalManager;
  /** Font, theme and the like, as the person set them for all terminals. */
  terminalOptions: () => Partial<ITerminal.IOptions>;
  translator: ITranslator;
  trans: TranslationBundle;
}

/** A terminal in one container of a job; another can be chosen above it. */
export class ShellWidget
  extends MainAreaWidget<StackedPanel>
  implements IControlledShell
{
  constructor(private _options: IShellOptions) {
    super({ content: new StackedPanel() });
    this.target = _options.target;
    this.addClass('mf-Shell');
    this.title.icon = terminalIcon;
    this.content.node.setAttribute('role', 'region');
    this.toolbar.hide();
    const controls = ReactWidget.create(
      React.createElement(ShellControls, { shell: this, trans: _options.trans })
    );
    controls.addClass('mf-ShellControlsHost');
    this.contentHeader.addWidget(controls);
    this.open(this.target);
  }

  target: ITarget;
  job: IShellJob | null = null;
  status: ShellStatus = 'connecting';
  readonly changed = new Signal<this, void>(this);

  get terminal(): Terminal | null {
    return this._terminal;
  }

  /** Open a shell in that container, in place of the one there was. */
  open(target: ITarget): void {
    this.target = target;
    this._close();
    const { terminals, terminalOptions, translator } = this._options;
    const connection = terminals.connectTo({
      model: { name: terminalName(target) }
    });
    connection.connectionStatusChanged.connect((_, status) => {
      // Ignore connections that were replaced.
      if (this._connection === connection) {
        this._setStatus(status === 'disconnected' ? 'ended' : status);
      }
    });
    const options = {
      ...terminalOptions(),
      // The last line says why the shell ended; keep it readable.
      closeOnExit: false,
      shutdownOnClose: false
    };
    this._connection = connection;
    this._terminal = new Terminal(connection, options, translator);
    this.content.addWidget(this._terminal);
    this._setStatus('connecting');
    this._nameTab();
    void this.refreshJob();
    if (this.isVisible) {
      this._focus();
    }
  }

  reconnect(): void {
    this.open(this.target);
  }

  /** Read again which containers the job has. */
  async refreshJob(): Promise<void> {
    try {
      this.job = await this._options.jobs.get(this.target.jobId);
    } catch {
      // The terminal shows the error; the drop-down keeps its entries.
      return;
    }
    if (!this.isDisposed) {
      this._nameTab();
      this.changed.emit();
    }
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this._close();
      Signal.clearData(this);
    }
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this._focus();
  }

  /** Let the person type, as soon as there is something to type into. */
  private _focus(): void {
    const terminal = this._terminal;
    void terminal?.ready.then(() => terminal.activate());
  }

  private _close(): void {
    const [terminal, connection] = [this._terminal, this._connection];
    this._terminal = null;
    this._connection = null;
    terminal?.dispose();
    connection?.dispose();
  }

  private _setStatus(status: ShellStatus): void {
    this.status = status;
    this._nameTab();
    this.changed.emit();
  }

  private _nameTab(): void {
    const name = this.job?.spec.name ?? this.target.jobId;
    this.title.label = `${replicaName(this.target)} · ${name}`;
    this.title.caption = this._options.trans.__(
      'Cloud Shell in %1 of %2',
      replicaName(this.target),
      this.target.jobId
    );
  }

  private _connection: TerminalNS.ITerminalConnection | null = null;
  private _terminal: Terminal | null = null;
}
