import * as React from 'react';

import { emptyPathRow, type IPathRow } from '../model/jobForm';
import type { IPartProps } from './program';
import { type RowCells, RowList } from './rowList';

/** What the job reads and writes. */
export function InputsOutputsPart({ model, trans }: IPartProps): JSX.Element {
  return (
    <>
      <RowList
        model={model}
        trans={trans}
        field="inputs"
        title={trans.__('Inputs')}
        hint={trans.__(
          'Files and directories that the program reads. A data source of the project is source://name/path.'
        )}
        add={trans.__('Add input')}
        remove={number => trans.__('Remove input %1', number)}
        empty={emptyPathRow()}
      >
        {(cells, row) => {
          const number = String(cells.at + 1);
          return (
            <>
              {cells.text(
                'name',
                trans.__('Name of input %1', number),
                'data_url'
              )}
              {cells.text(
                'path',
                trans.__('Path of input %1', number),
                '/projects/…/data'
              )}
              <PassAsSelect
                cells={cells}
                row={row}
                label={trans.__('How input %1 is passed', number)}
                trans={trans}
              />
            </>
          );
        }}
      </RowList>
      <RowList
        model={model}
        trans={trans}
        field="outputs"
        title={trans.__('Outputs')}
        hint={trans.__(
          'Staged: written to the fast scratch disk and copied to the path while the job runs. Preloaded: what the path holds is there at the start, as resuming needs.'
        )}
        add={trans.__('Add output')}
        remove={number => trans.__('Remove output %1', number)}
        empty={emptyPathRow()}
      >
        {(cells, row) => {
          const number = String(cells.at + 1);
          return (
            <>
              {cells.text(
                'name',
                trans.__('Name of output %1', number),
                'train_url'
              )}
              {cells.text(
                'path',
                trans.__('Path of output %1', number),
                '/home/jovyan/model'
              )}
              <PassAsSelect
                cells={cells}
                row={row}
                label={trans.__('How output %1 is passed', number)}
                trans={trans}
              />
              <Check
                label={trans.__('Staged')}
                title={trans.__('Output %1 is staged', number)}
                isSet={row.staged}
                set={staged => cells.set({ staged })}
              />
              <Check
                label={trans.__('Preloaded')}
                title={trans.__('Output %1 is preloaded', number)}
                isSet={row.staged && row.preload}
                isDisabled={!row.staged}
                set={preload => cells.set({ preload })}
              />
            </>
          );
        }}
      </RowList>
    </>
  );
}

function PassAsSelect(
  props: Pick<IPartProps, 'trans'> & {
    cells: RowCells<'inputs'> | RowCells<'outputs'>;
    row: IPathRow;
    label: string;
  }
): JSX.Element {
  const { cells, row, trans } = props;
  const variable = row.name.trim().toUpperCase() || 'NAME';
  return (
    <select
      className="mf-Select"
      aria-label={props.label}
      value={row.pass_as}
      onChange={({ target: { value } }) =>
        cells.set({ pass_as: value as IPathRow['pass_as'] })
      }
    >
      <option value="parameter">
        {trans.__('as --%1', row.name.trim() || 'name')}
      </option>
      <option value="environment">{trans.__('as $%1', variable)}</option>
    </select>
  );
}

function Check(props: {
  label: string;
  title: string;
  isSet: boolean;
  isDisabled?: boolean;
  set: (isSet: boolean) => void;
}): JSX.Element {
  return (
    <label className="mf-Check" data-disabled={props.isDisabled}>
      <input
        type="checkbox"
        aria-label={props.title}
        checked={props.isSet}
        disabled={props.isDisabled}
        onChange={event => props.set(event.target.checked)}
      />
      {props.label}
    </label>
  );
}
