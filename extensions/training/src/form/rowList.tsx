import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, deleteIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IJobForm } from '../model/jobForm';
import type { FormModel } from './model';

/** Fields of the form that are lists of rows. */
export type RowsField =
  'hyperparameters' | 'inputs' | 'outputs' | 'environment' | 'secrets';
export type RowOf<F extends RowsField> = IJobForm[F][number];

interface IRowListProps<F extends RowsField> {
  model: FormModel;
  trans: TranslationBundle;
  field: F;
  title: string;
  hint?: string;
  /** Label of the button that adds a row. */
  add: string;
  /** Label of the button that removes a row, `%1` its number. */
  remove: (number: string) => string;
  empty: RowOf<F>;
  children: (cells: RowCells<F>, row: RowOf<F>) => React.ReactNode;
}

/** A list of rows with a button for one more, and one at each to remove it. */
export function RowList<F extends RowsField>(
  props: IRowListProps<F>
): JSX.Element {
  const { model, field } = props;
  const rows = model.form[field] as RowOf<F>[];
  const list = React.useRef<HTMLFieldSetElement>(null);
  const messageId = `mf-${React.useId()}`;
  const error = model.errors[field];
  const write = (next: RowOf<F>[]) => model.reindex(field, next as IJobForm[F]);
  // Move the focus next to a row that was added or removed, once it is drawn.
  const focusNext = React.useRef<number | null>(null);
  React.useEffect(() => {
    if (focusNext.current !== null) {
      const found = list.current?.querySelectorAll<HTMLElement>('.mf-FormRow');
      const at = Math.min(focusNext.current, (found?.length ?? 0) - 1);
      const target = found?.[at] ?? list.current;
      target?.querySelector<HTMLElement>('input, button')?.focus();
      focusNext.current = null;
    }
  }, [rows.length]);
  return (
    <fieldset
      className="mf-Rows"
      ref={list}
      data-invalid={Boolean(error)}
      aria-describedby={messageId}
    >
      <legend>{props.title}</legend>
      {rows.map((row, at) => (
        <div className="mf-FormRow" data-rows={field} key={at}>
          {props.children(new RowCells(model, field, at), row)}
          <button
            type="button"
            className="mf-IconButton"
            title={props.remove(String(at + 1))}
            aria-label={props.remove(String(at + 1))}
            onClick={() => {
              focusNext.current = at;
              write(rows.filter((_, index) => index !== at));
            }}
          >
            <deleteIcon.react tag="span" />
          </button>
        </div>
      ))}
      <button
        type="button"
        className="mf-TextButton"
        aria-invalid={error ? true : undefined}
        aria-describedby={messageId}
        onClick={() => {
          focusNext.current = rows.length;
          write([...rows, { ...props.empty }]);
        }}
      >
        <addIcon.react tag="span" />
        {props.add}
      </button>
      <span id={messageId} className={error ? 'mf-Error' : 'mf-Hint'}>
        {error ?? props.hint}
      </span>
    </fieldset>
  );
}

/** Makes the inputs of one row. */
export class RowCells<F extends RowsField> {
  constructor(
    private _model: FormModel,
    private _field: F,
    readonly at: number
  ) {}

  text(
    key: keyof RowOf<F> & string,
    label: string,
    placeholder: string
  ): JSX.Element {
    return (
      <CellInput
        model={this._model}
        path={`${this._field}.${this.at}.${key}`}
        value={String(this._row[key])}
        label={label}
        placeholder={placeholder}
        change={value => this.set({ [key]: value } as Partial<RowOf<F>>)}
      />
    );
  }

  set(part: Partial<RowOf<F>>): void {
    const rows = this._model.form[this._field] as RowOf<F>[];
    const next = rows.map((row, index) =>
      index === this.at ? { ...row, ...part } : row
    );
    const [key] = Object.keys(part);
    const path = `${this._field}.${this.at}.${key}`;
    this._model.set(this._field, next as IJobForm[F], path);
  }

  private get _row(): RowOf<F> {
    return this._model.form[this._field][this.at] as RowOf<F>;
  }
}

interface ICellProps {
  model: FormModel;
  path: string;
  value: string;
  label: string;
  placeholder: string;
  change: (value: string) => void;
}

/** An input without a visible label, and its sentence if something is wrong. */
export function CellInput(props: ICellProps): JSX.Element {
  const { model, path } = props;
  const messageId = `mf-${React.useId()}`;
  const error = model.errors[path];
  return (
    <span className="mf-Cell" data-invalid={Boolean(error)}>
      <input
        className="mf-Input"
        aria-label={props.label}
        aria-invalid={Boolean(error)}
        aria-describedby={error ? messageId : undefined}
        placeholder={props.placeholder}
        value={props.value}
        spellCheck={false}
        autoComplete="off"
        onChange={event => props.change(event.target.value)}
        onBlur={() => model.blur(path)}
      />
      {error && (
        <span id={messageId} className="mf-Error">
          {error}
        </span>
      )}
    </span>
  );
}
