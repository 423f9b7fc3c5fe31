import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import {
  firstRequest,
  ownEnvironments,
  sizeText,
  visibilityText,
  VISIBILITIES,
  type ISavingPreview,
  type ISavingRequest,
  type Visibility
} from '../model/saving';

const LONGEST_TITLE = 60;
const LONGEST_NOTES = 2000;

/** What is saved, under which title, for whom. */
export class SaveForm
  extends ReactWidget
  implements Dialog.IBodyWidget<ISavingRequest>
{
  constructor(
    private _preview: ISavingPreview,
    user: string,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('mf-Packages');
    this.addClass('mf-SaveForm');
    this._own = ownEnvironments(_preview, user);
    this._chosen = firstRequest(_preview, user);
  }

  getValue(): ISavingRequest {
    return this._chosen;
  }

  protected override render(): JSX.Element {
    const { _trans: trans, _chosen: chosen, _preview: preview } = this;
    return (
      <>
        <p>
          {trans.__(
            '%1 packages beyond the image, %2. Whoever starts from it needs no package index.',
            String(preview.packages.length),
            sizeText(preview.bytes)
          )}
        </p>
        <PackageTable preview={preview} trans={trans} />
        <Remarks preview={preview} trans={trans} />
        {this._own.length > 0 && (
          <label>
            {trans.__('Save as')}
            <select
              className="jp-mod-styled"
              defaultValue={chosen.name}
              onChange={event => this._choose(event.target.value)}
            >
              <option value="">{trans.__('New environment')}</option>
              {this._own.map(each => (
                <option key={each.name} value={each.name}>
                  {trans.__('New version of %1', each.title)}
                </option>
              ))}
            </select>
          </label>
        )}
        {!chosen.name && (
          <label>
            {trans.__('Title')}
            <input
              className="jp-mod-styled"
              type="text"
              required
              maxLength={LONGEST_TITLE}
              defaultValue={chosen.title}
              onChange={event => (chosen.title = event.target.value)}
            />
          </label>
        )}
        <label>
          {trans.__('Notes')}
          <textarea
            className="jp-mod-styled"
            rows={2}
            maxLength={LONGEST_NOTES}
            placeholder={trans.__('what changed, if you like')}
            onChange={event => (chosen.notes = event.target.value)}
          />
        </label>
        <label>
          {trans.__('Who may start it')}
          <select
            className="jp-mod-styled"
            key={chosen.name}
            defaultValue={chosen.visibility}
            onChange={event =>
              (chosen.visibility = event.target.value as Visibility)
            }
          >
            {VISIBILITIES.map(each => (
              <option key={each} value={each}>
                {visibilityText(each, trans)}
              </option>
            ))}
          </select>
        </label>
      </>
    );
  }

  private _choose(name: string): void {
    this._chosen.name = name;
    const found = this._own.find(each => each.name === name);
    this._chosen.visibility = found?.visibility ?? 'private';
    this.update();
  }

  private _own;
  private _chosen: ISavingRequest;
}

interface IPreviewProps {
  preview: ISavingPreview;
  trans: TranslationBundle;
}

function PackageTable({ preview, trans }: IPreviewProps): JSX.Element {
  return (
    // It scrolls, and what scrolls must be reached by the keyboard.
    <table tabIndex={0} aria-label={trans.__('Packages to save')}>
      <tbody>
        {preview.packages.map(each => (
          <tr key={each.name}>
            <th scope="row">{each.name}</th>
            <td>{each.version}</td>
            <td>{each.source === 'index' ? '' : each.source}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Remarks({ preview, trans }: IPreviewProps): JSX.Element | null {
  if (!preview.remarks.length) {
    return null;
  }
  return (
    <ul className="mf-SaveRemarks" aria-label={trans.__('Before you save')}>
      {preview.remarks.map(each => (
        <li key={each.name} data-left-out={each.is_left_out || undefined}>
          <strong>
            {each.is_left_out
              ? trans.__('%1 is left out.', each.name)
              : trans.__('%1:', each.name)}
          </strong>{' '}
          {each.message}
        </li>
      ))}
    </ul>
  );
}
