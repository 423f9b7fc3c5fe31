import type { ILabStatus } from '@jupyterlab/application';
import { Dialog, MainAreaWidget, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { Message } from '@lumino/messaging';

import type { FormWidget } from './widget';

/** Tab of a form; it asks for confirmation before it discards changes. */
export class FormTab extends MainAreaWidget<FormWidget> {
  constructor(
    content: FormWidget,
    private _status: ILabStatus | null,
    private _trans: TranslationBundle
  ) {
    super({ content });
    content.model.stateChanged.connect(this._updateDirtyState, this);
  }

  override dispose(): void {
    this._unsaved?.dispose();
    this._unsaved = null;
    super.dispose();
  }

  protected override onCloseRequest(msg: Message): void {
    if (this.content.model.isChanged) {
      void this._confirmAndClose();
    } else {
      super.onCloseRequest(msg);
    }
  }

  /** Mark JupyterLab as dirty, so that the browser asks before the page is left. */
  private _updateDirtyState(): void {
    if (this.isDisposed) {
      return;
    }
    if (!this.content.model.isChanged) {
      this._unsaved?.dispose();
      this._unsaved = null;
    } else {
      this._unsaved ??= this._status?.setDirty() ?? null;
    }
  }

  private async _confirmAndClose(): Promise<void> {
    if (this._isConfirming) {
      return;
    }
    const { _trans: trans } = this;
    this._isConfirming = true;
    const { button } = await showDialog({
      title: trans.__('Discard this training job?'),
      body:
        this.content.model.step === 'typing'
          ? trans.__(
              'It was not submitted. To use what you filled in again, keep the form and save it as a preset.'
            )
          : trans.__('It is being submitted, and may still become a job.'),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Keep the form') }),
        Dialog.warnButton({ label: trans.__('Discard') })
      ],
      defaultButton: 0
    });
    this._isConfirming = false;
    if (button.accept) {
      this.dispose();
    }
  }

  private _isConfirming = false;
  private _unsaved: IDisposable | null = null;
}
