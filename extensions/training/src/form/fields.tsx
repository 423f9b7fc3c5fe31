import * as React from 'react';

import { pathOf } from '../model/formErrors';
import type { FormField, TextField } from '../model/jobForm';
import type { FormModel } from './model';

/** Attributes that link an input to its label and its message. */
export interface IFieldAttributes {
  id: string;
  'aria-invalid': boolean;
  'aria-describedby': string;
}

interface IFieldProps {
  label: string;
  error?: string;
  /** Explains the field; replaced by the error, if there is one. */
  hint?: React.ReactNode;
  className?: string;
  children: (attributes: IFieldAttributes) => React.ReactNode;
}

/** Label, input, and below it the error or the hint. */
export function Field(props: IFieldProps): JSX.Element {
  const id = `mf-${React.useId()}`;
  const messageId = `${id}-told`;
  return (
    <div
      className={`mf-Field ${props.className ?? ''}`}
      data-invalid={Boolean(props.error)}
    >
      <label htmlFor={id}>{props.label}</label>
      {props.children({
        id,
        'aria-invalid': Boolean(props.error),
        'aria-describedby': messageId
      })}
      <span id={messageId} className={props.error ? 'mf-Error' : 'mf-Hint'}>
        {props.error ?? props.hint}
      </span>
    </div>
  );
}

interface IModelField {
  model: FormModel;
  label: string;
  hint?: React.ReactNode;
  className?: string;
}

interface ITextInputProps extends IModelField {
  field: TextField;
  placeholder?: string;
  isNumber?: boolean;
  min?: number;
  max?: number;
  /** A button beside it. */
  extra?: React.ReactNode;
}

/** Text input bound to a form field. */
export function TextInput(props: ITextInputProps): JSX.Element {
  const { model, field } = props;
  const path = pathOf(field);
  return (
    <Field {...props} error={model.errors[path]}>
      {attributes => (
        <span className="mf-InputRow">
          <input
            {...attributes}
            className="mf-Input"
            type={props.isNumber ? 'number' : 'text'}
            min={props.min}
            max={props.max}
            value={model.form[field]}
            placeholder={props.placeholder}
            spellCheck={false}
            autoComplete="off"
            onChange={event => model.set(field, event.target.value)}
            onBlur={() => model.blur(path)}
          />
          {props.extra}
        </span>
      )}
    </Field>
  );
}

interface IChoiceInputProps<F extends FormField> extends IModelField {
  field: F;
  choices: readonly (readonly [value: string, label: string])[];
  /** Called instead of setting the field. */
  choose?: (value: string) => void;
}

/** A field of the form with a closed list of values. */
export function ChoiceInput<F extends FormField>(
  props: IChoiceInputProps<F>
): JSX.Element {
  const { model, field, choose } = props;
  return (
    <Field {...props} error={model.errors[pathOf(field)]}>
      {attributes => (
        <select
          {...attributes}
          className="mf-Select"
          value={String(model.form[field])}
          onChange={({ target: { value } }) =>
            choose ? choose(value) : model.set(field, value as never)
          }
        >
          {props.choices.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
