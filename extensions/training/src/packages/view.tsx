import { ReactWidget, VDomRenderer } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  changeText,
  packagesLabel,
  packagesSummary,
  type IPackages
} from '../model/packages';
import type { PackagesModel } from './model';

/** The button in the status bar. */
export class PackagesItem extends VDomRenderer<PackagesModel> {
  constructor(
    model: PackagesModel,
    private _open: () => void,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-PackagesItem');
  }

  protected override render(): JSX.Element | null {
    const { packages } = this.model;
    if (!packages) {
      return null;
    }
    return (
      <button
        type="button"
        title={this._trans.__('Show and undo changes of installed packages')}
        onClick={this._open}
      >
        {packagesLabel(packages, this._trans)}
      </button>
    );
  }
}

/** What the dialog shows. */
export function packagesBody(
  packages: IPackages,
  trans: TranslationBundle
): ReactWidget {
  const widget = ReactWidget.create(
    <PackagesList packages={packages} trans={trans} />
  );
  widget.addClass('mf-Packages');
  return widget;
}

function PackagesList(props: {
  packages: IPackages;
  trans: TranslationBundle;
}): JSX.Element {
  const { packages, trans } = props;
  const isChanged = packages.changes.length > 0;
  return (
    <>
      <p>{packagesSummary(packages, trans)}</p>
      {isChanged && (
        // It scrolls, and what scrolls must be reached by the keyboard.
        <table tabIndex={0} aria-label={trans.__('Changed packages')}>
          <tbody>
            {packages.changes.map(change => (
              <tr key={change.name} data-kind={change.kind}>
                <th scope="row">{change.name}</th>
                <td>{changeText(change, trans)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {packages.notice && <p>{packages.notice}</p>}
      <p className="mf-Quiet">
        {trans.__(
          'pip and uv change the packages of this environment only. Your jobs in it use them too. Restart running kernels and terminals after undoing changes.'
        )}
      </p>
    </>
  );
}
