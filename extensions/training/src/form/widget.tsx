import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { TextInput } from './fields';
import type { FormModel } from './model';
import { PresetBar } from './presetBar';
import type { PresetStore } from './presetStore';
import { PreviewPane } from './previewPane';
import { FormBody } from './formBody';

/** A field with an error, or the roles as a whole. */
const INVALID =
  '.mf-Form [aria-invalid=true], .mf-Form .mf-Roles[data-invalid=true]';

/** The form for a new job. */
export class FormWidget extends VDomRenderer<FormModel> {
  constructor(
    model: FormModel,
    private _presets: PresetStore | null,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-FormPage');
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector<HTMLElement>('.mf-Form input')?.focus();
  }

  protected override render(): JSX.Element {
    const { model, _presets: presets, _trans: trans } = this;
    return (
      <div className="mf-FormColumns">
        <header className="mf-FormHead">
          <h2>{trans.__('New training job')}</h2>
          {presets && <PresetBar model={model} store={presets} trans={trans} />}
        </header>
        <form
          className="mf-Form"
          aria-label={trans.__('New training job')}
          noValidate
          onSubmit={event => {
            event.preventDefault();
            void this._submit();
          }}
        >
          <FocusKeeper
            container={() => this.node.querySelector<HTMLElement>('.mf-Form')}
            fallbacks={['input']}
          >
            <FormMessages model={model} trans={trans} />
            <TextInput
              model={model}
              field="name"
              label={trans.__('Name')}
              placeholder="resnet-baseline"
            />
            <FormBody model={model} trans={trans} />
            <FormEnd model={model} trans={trans} />
          </FocusKeeper>
          <OnRefusal
            count={this._refusals}
            act={() => this._focusFirstError()}
          />
        </form>
        <PreviewPane model={model} trans={trans} />
      </div>
    );
  }

  private async _submit(): Promise<void> {
    const isDone = await this.model.submit();
    if (!isDone && !this.isDisposed) {
      this._refusals += 1;
      this.update();
    }
  }

  private _focusFirstError(): void {
    const found =
      this.node.querySelector<HTMLElement>(INVALID) ??
      this.node.querySelector<HTMLElement>('.mf-Problem');
    found?.closest('details')?.setAttribute('open', '');
    found?.focus();
  }

  /** How often it was not submitted. */
  private _refusals = 0;
}

interface IOnRefusalProps {
  count: number;
  act: () => void;
}

/** Acts once what was refused is drawn, however long that takes. */
function OnRefusal({ count, act }: IOnRefusalProps): null {
  React.useEffect(() => {
    if (count > 0) {
      act();
    }
  }, [count]);
  return null;
}

interface IPartProps {
  model: FormModel;
  trans: TranslationBundle;
}

/** Messages about the whole form. */
function FormMessages({ model, trans }: IPartProps): JSX.Element {
  const { problem, generalErrors } = model;
  const { rerunOf } = model.form;
  return (
    <>
      {rerunOf && (
        <p className="mf-Rerun">{trans.__('Rerun of %1.', rerunOf)}</p>
      )}
      {(problem || generalErrors.length > 0) && (
        <div className="mf-Problem" role="alert" tabIndex={-1}>
          {problem && <p>{problem}</p>}
          {!model.defaults && (
            <button
              type="button"
              className="mf-TextButton"
              aria-disabled={model.isLoading}
              onClick={() => void model.load()}
            >
              {trans.__('Try again')}
            </button>
          )}
          {generalErrors.map(message => (
            <p key={message}>{message}</p>
          ))}
        </div>
      )}
    </>
  );
}

function FormEnd({ model, trans }: IPartProps): JSX.Element {
  const { step, errorCount } = model;
  const isBusy = step !== 'typing';
  const labels = {
    typing: trans.__('Submit'),
    saving: trans.__('Saving the file…'),
    copying: trans.__('Copying the code…'),
    sending: trans.__('Submitting…')
  };
  return (
    <div className="mf-FormEnd">
      <button
        type="submit"
        className="jp-Button jp-mod-styled jp-mod-accept"
        disabled={!model.defaults}
        aria-disabled={isBusy}
        aria-busy={isBusy}
      >
        {isBusy && <span className="mf-Spinner" aria-hidden="true" />}
        {labels[step]}
      </button>
      <span className="mf-Quiet" role="status">
        {model.isLoading && trans.__('Reading what this server offers…')}
        {errorCount > 0 &&
          trans._n('%1 field must change', '%1 fields must change', errorCount)}
      </span>
    </div>
  );
}
