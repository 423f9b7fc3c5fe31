import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, deleteIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FormField, IVariable } from '../model/jobForm';

interface IFieldProps {
  field: FormField;
  label: string;
  error?: string;
  /** What belongs into it; shown while nothing is wrong. */
  hint?: string;
  className?: string;
  children: (attributes: {
    id: string;
    'aria-invalid': boolean;
    'aria-describedby': string;
  }) => React.ReactNode;
}

/** A label, what it labels, and below it what is wrong or what is meant. */
export function Field(props: IFieldProps): JSX.Element {
  const id = `mf-${React.useId()}`;
  const told = `${id}-told`;
  return (
    <div
      className={`mf-Field ${props.className ?? ''}`}
      data-invalid={Boolean(props.error)}
    >
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        'aria-invalid': Boolean(props.error),
        'aria-describedby': told
      })}
      <span id={told} className={props.error ? 'mf-Error' : 'mf-Hint'}>
        {props.error ?? props.hint}
      </span>
    </div>
  );
}

interface ITextProps extends Omit<IFieldProps, 'children'> {
  value: string;
  change: (value: string) => void;
  leave: () => void;
  placeholder?: string;
  isNumber?: boolean;
  most?: number;
  /** A button beside it. */
  extra?: React.ReactNode;
}

export function TextField(props: ITextProps): JSX.Element {
  return (
    <Field {...props}>
      {attributes => (
        <span className="mf-InputRow">
          <input
            {...attributes}
            className="mf-Input"
            type={props.isNumber ? 'number' : 'text'}
            min={props.field === 'gpu' ? 0 : 1}
            max={props.most}
            value={props.value}
            placeholder={props.placeholder}
            spellCheck={false}
            autoComplete="off"
            onChange={event => props.change(event.target.value)}
            onBlur={props.leave}
          />
          {props.extra}
        </span>
      )}
    </Field>
  );
}

interface IVariablesProps {
  variables: readonly IVariable[];
  error?: string;
  trans: TranslationBundle;
  change: (variables: IVariable[]) => void;
  leave: () => void;
}

/** Environment variables, a row each. */
export function Variables(props: IVariablesProps): JSX.Element {
  const { variables, error, trans, change, leave } = props;
  const set = (at: number, part: Partial<IVariable>) =>
    change(
      variables.map((each, place) =>
        place === at ? { ...each, ...part } : each
      )
    );
  return (
    <fieldset className="mf-Variables" data-invalid={Boolean(error)}>
      <legend>{trans.__('Environment variables')}</legend>
      {variables.map((variable, at) => (
        <div className="mf-InputRow" key={at}>
          <input
            className="mf-Input"
            aria-label={trans.__('Name of variable %1', String(at + 1))}
            placeholder={trans.__('NAME')}
            value={variable.name}
            spellCheck={false}
            onChange={event => set(at, { name: event.target.value })}
            onBlur={leave}
          />
          <input
            className="mf-Input"
            aria-label={trans.__('Value of variable %1', String(at + 1))}
            placeholder={trans.__('value')}
            value={variable.value}
            spellCheck={false}
            onChange={event => set(at, { value: event.target.value })}
            onBlur={leave}
          />
          <button
            type="button"
            className="mf-IconButton"
            title={trans.__('Remove variable %1', String(at + 1))}
            onClick={() => change(variables.filter((_, place) => place !== at))}
          >
            <deleteIcon.react tag="span" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="mf-TextButton"
        onClick={() => change([...variables, { name: '', value: '' }])}
      >
        <addIcon.react tag="span" />
        {trans.__('Add variable')}
      </button>
      <span className={error ? 'mf-Error' : 'mf-Hint'} role={error && 'alert'}>
        {error ??
          trans.__(
            'Not for passwords or keys: everyone in the project sees them.'
          )}
      </span>
    </fieldset>
  );
}
