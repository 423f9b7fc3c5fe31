import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IUsage, MeterModel } from './model';

const GIB = 2 ** 30;

/** The meter in the status bar. */
export class MeterItem extends VDomRenderer<MeterModel> {
  constructor(
    model: MeterModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-MeterItem');
  }

  protected override render(): JSX.Element | null {
    const { usage, cores, isNearlyFull } = this.model;
    if (!usage) {
      return null;
    }
    return (
      <span
        data-full={isNearlyFull}
        title={meterText(usage, cores, this._trans)}
      >
        {isNearlyFull
          ? this._trans.__('Memory nearly full: %1', memoryText(usage))
          : this._trans.__('Memory %1', memoryText(usage))}
        {cores !== null &&
          ` · ${this._trans.__('CPU %1 / %2', cores.toFixed(1), usage.cores)}`}
      </span>
    );
  }
}

/** Such as `1.5 / 8 GiB`. */
export function memoryText(usage: IUsage): string {
  const limit = Number((usage.memory_limit_bytes / GIB).toFixed(1));
  return `${(usage.memory_bytes / GIB).toFixed(1)} / ${limit} GiB`;
}

/** All that the meter shows, as sentences. */
export function meterText(
  usage: IUsage,
  cores: number | null,
  trans: TranslationBundle
): string {
  const memory = trans.__(
    'All kernels and terminals of this server use %1 of memory. At the limit, ' +
      'kernels are killed.',
    memoryText(usage)
  );
  return cores === null
    ? memory
    : `${memory} ${trans.__('CPU: %1 of %2 cores.', cores.toFixed(1), usage.cores)}`;
}

/** Say once that memory is nearly used up, until there is room again. */
export function warnOfMemory(
  model: MeterModel,
  trans: TranslationBundle
): void {
  let notice = '';
  model.stateChanged.connect(() => {
    const { usage, isNearlyFull } = model;
    if (usage && isNearlyFull && !notice) {
      notice = Notification.warning(
        trans.__(
          'Memory is nearly used up: %1. At the limit, kernels are killed. Shut down ' +
            'kernels that you do not need, or restart the server with more memory.',
          memoryText(usage)
        ),
        { autoClose: false }
      );
    } else if (notice && !isNearlyFull) {
      Notification.dismiss(notice);
      notice = '';
    }
  });
}
