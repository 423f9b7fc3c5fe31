import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import {
  amount,
  quantity,
  sizeFault,
  type ISizeRange
} from '../model/serverSize';
import type { ServerSizeModel } from './model';

/** Sizes of a running server, to be chosen. */
export class SizeBody
  extends ReactWidget
  implements Dialog.IBodyWidget<Record<string, string>>
{
  constructor(
    private _sizes: ISizeRange[],
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('mf-ServerSize');
    this._chosen = new Map(_sizes.map(each => [each.name, each.value]));
  }

  /** Quantities of those that are others now. */
  getValue(): Record<string, string> {
    const changed = this._sizes.filter(
      each => this._chosen.get(each.name) !== each.value
    );
    return Object.fromEntries(
      changed.map(each => [
        each.name,
        quantity(each, this._chosen.get(each.name)!)
      ])
    );
  }

  protected override render(): JSX.Element {
    return (
      <>
        <p>
          {this._trans.__(
            'Kernels and terminals go on. The number of GPUs needs a restart.'
          )}
        </p>
        {this._sizes.map(each => this._renderSize(each))}
      </>
    );
  }

  private _renderSize(range: ISizeRange): JSX.Element {
    const { _trans: trans } = this;
    const name = range.name === 'cpu' ? trans.__('CPU') : trans.__('Memory');
    const value = this._chosen.get(range.name)!;
    const fault = sizeFault(range, value, trans);
    const hint = `mf-server-size-${range.name}`;
    return (
      <div key={range.name}>
        <label>
          {`${name} (${range.unit})`}
          <input
            className="jp-mod-styled"
            type="number"
            min={range.low}
            max={range.high}
            step="any"
            defaultValue={amount(value)}
            aria-describedby={hint}
            aria-invalid={fault !== ''}
            onChange={event => {
              this._chosen.set(range.name, Number(event.target.value));
              this.update();
            }}
          />
        </label>
        <small id={hint}>
          {fault ||
            trans.__('%1 to %2 now', amount(range.low), amount(range.high))}
        </small>
      </div>
    );
  }

  private _chosen: Map<string, number>;
}

/** Ask for sizes; null where nothing is to be changed. */
export async function askForSizes(
  model: ServerSizeModel,
  trans: TranslationBundle
): Promise<Record<string, string> | null> {
  let sizes: ISizeRange[];
  try {
    sizes = await model.sizes();
  } catch (problem) {
    await showErrorMessage(
      trans.__('This server cannot be resized'),
      (problem as Error).message
    );
    return null;
  }
  const answer = await showDialog({
    title: trans.__('Resize this server'),
    body: new SizeBody(sizes, trans),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Resize') })
    ]
  });
  const { value } = answer;
  return answer.button.accept && value && Object.keys(value).length
    ? value
    : null;
}
