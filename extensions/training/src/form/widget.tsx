import type { TranslationBundle } from '@jupyterlab/translation';
import { folderIcon, VDomRenderer } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { folderOf, type FormField, type IJobForm } from '../model/jobForm';
import { parseQuantity } from '../model/quantity';
import { TextField, Variables } from './fields';
import { ImageField } from './image';
import type { FormModel } from './model';

/** The form for a new job. */
export class FormWidget extends VDomRenderer<FormModel> {
  constructor(
    model: FormModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-FormPage');
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector<HTMLElement>('input')?.focus();
  }

  protected override render(): JSX.Element {
    const { model, _trans: trans } = this;
    return (
      <form
        className="mf-Form"
        aria-label={trans.__('New training job')}
        noValidate
        onSubmit={event => {
          event.preventDefault();
          void model.submit().then(() => this._showFirstError());
        }}
      >
        <h2>{trans.__('New training job')}</h2>
        {model.problem && (
          <p className="mf-Problem" role="alert">
            {model.problem}
          </p>
        )}
        <WhatRuns model={model} trans={trans} />
        <WhereItRuns model={model} trans={trans} />
        <Variables
          variables={model.form.environment}
          error={model.errors.environment}
          trans={trans}
          change={variables => model.set('environment', variables)}
          leave={() => model.leave('environment')}
        />
        <div className="mf-FormEnd">
          <button
            type="submit"
            className="jp-Button jp-mod-styled jp-mod-accept"
            disabled={model.busy || !model.defaults}
            aria-busy={model.busy}
          >
            {model.busy && <span className="mf-Spinner" aria-hidden="true" />}
            {model.busy ? trans.__('Submitting…') : trans.__('Submit')}
          </button>
          <span className="mf-Quiet" role="status">
            {model.defaults && total(model.form, trans)}
          </span>
        </div>
      </form>
    );
  }

  private _showFirstError(): void {
    if (!this.isDisposed) {
      requestAnimationFrame(() =>
        this.node
          .querySelector<HTMLElement>('[aria-invalid=true]')
          ?.focus({ preventScroll: false })
      );
    }
  }
}

interface IPartProps {
  model: FormModel;
  trans: TranslationBundle;
}

/** What each text field of the form has in common. */
function bound(model: FormModel, field: Exclude<FormField, 'environment'>) {
  return {
    field,
    value: model.form[field],
    error: model.errors[field],
    change: (value: string) =>
      model.set(field, value as IJobForm[typeof field]),
    leave: () => model.leave(field)
  };
}

function WhatRuns({ model, trans }: IPartProps): JSX.Element {
  const note = model.notebook
    ? trans.__(
        'The code of %1 is written to this file on submission.',
        model.notebook
      )
    : trans.__('Path of the file to run, as the job sees it.');
  const folder = folderOf(
    model.form.script,
    model.defaults?.working_directory ?? ''
  );
  return (
    <>
      <TextField
        {...bound(model, 'name')}
        label={trans.__('Name')}
        placeholder="resnet-baseline"
      />
      <TextField
        {...bound(model, 'script')}
        label={trans.__('Script')}
        placeholder="/home/jovyan/train.py"
        hint={note}
        extra={
          <button
            type="button"
            className="mf-TextButton"
            onClick={() => void model.browse()}
          >
            <folderIcon.react tag="span" />
            {trans.__('Browse…')}
          </button>
        }
      />
      <TextField
        {...bound(model, 'arguments')}
        label={trans.__('Arguments')}
        placeholder="--epochs 10 --lr 3e-4"
        hint={trans.__('As on a command line; quote what has spaces.')}
      />
      <TextField
        {...bound(model, 'workingDirectory')}
        label={trans.__('Working directory')}
        placeholder={folder}
        hint={trans.__('Left empty: %1', folder)}
      />
    </>
  );
}

function WhereItRuns({ model, trans }: IPartProps): JSX.Element {
  const limits = model.defaults?.limits;
  return (
    <>
      <ImageField model={model} trans={trans} />
      <fieldset className="mf-Resources">
        <legend>{trans.__('Size')}</legend>
        <TextField
          {...bound(model, 'replicas')}
          label={trans.__('Replicas')}
          hint={trans.__('Workers that train together')}
          isNumber
          most={limits?.replicas}
        />
        <TextField
          {...bound(model, 'cpu')}
          label={trans.__('CPU')}
          hint={trans.__('Cores of each: 2, 500m')}
        />
        <TextField
          {...bound(model, 'memory')}
          label={trans.__('Memory')}
          hint={trans.__('Of each: 512Mi, 4Gi')}
        />
        <TextField
          {...bound(model, 'gpu')}
          label={trans.__('GPUs')}
          hint={trans.__('Of each')}
          isNumber
          most={limits?.gpu}
        />
      </fieldset>
    </>
  );
}

/** What the job takes in all, once its numbers are numbers. */
function total(form: IJobForm, trans: TranslationBundle): string {
  const replicas = Number(form.replicas);
  const gpus = Number(form.gpu) * replicas;
  const isAmount = parseQuantity(form.cpu) && parseQuantity(form.memory);
  if (!(replicas >= 1) || !(gpus >= 0) || !isAmount) {
    return '';
  }
  return trans.__(
    'In all: %1 × (%2 CPU, %3), %4 GPU',
    form.replicas,
    form.cpu,
    form.memory,
    String(gpus)
  );
}
