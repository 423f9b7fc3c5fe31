import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  grown,
  isShort,
  offerText,
  shortageText,
  type IServerMemory
} from '../model/serverSize';
import type { ServerSizeModel } from './model';

const SHOWN_MS = 10_000;

/** Tells in JupyterLab that memory runs out, for as long as that holds. */
export class MemoryNotice {
  /**
   * @param choose - Asks for a size.
   */
  constructor(
    private _model: ServerSizeModel,
    private _choose: () => void,
    private _trans: TranslationBundle
  ) {
    _model.stateChanged.connect(() => this._update());
  }

  private _update(): void {
    const { memory } = this._model;
    if (!memory || !isShort(memory)) {
      if (this._notice) {
        Notification.dismiss(this._notice);
        this._notice = '';
      }
      return;
    }
    if (this._notice) {
      // It is not to be read out again with each sample.
      return;
    }
    this._notice = Notification.warning(shortageText(memory, this._trans), {
      autoClose: false,
      actions: this._actions(memory)
    });
  }

  private _actions(memory: IServerMemory): Notification.IAction[] {
    const { offered_gib: gib } = memory;
    if (gib === null) {
      return [];
    }
    return [
      {
        label: offerText(gib, this._trans),
        caption: this._trans.__('Without a restart: kernels go on'),
        displayType: 'accent',
        callback: () =>
          resize(this._model, { memory: grown(memory, gib) }, this._trans)
      },
      {
        label: this._trans.__('Choose a size…'),
        callback: () => this._choose()
      }
    ];
  }

  private _notice = '';
}

/** Ask for another size, and say what came of it. */
export function resize(
  model: ServerSizeModel,
  sizes: Record<string, string>,
  trans: TranslationBundle
): void {
  const options = { autoClose: SHOWN_MS };
  const resizing = model.resize(sizes).then(() => true);
  Notification.promise(resizing, {
    pending: { message: trans.__('Resizing this server…') },
    success: {
      message: () =>
        trans.__('This server has its new size. Kernels have gone on.'),
      options
    },
    error: { message: problem => (problem as Error).message, options }
  });
}
