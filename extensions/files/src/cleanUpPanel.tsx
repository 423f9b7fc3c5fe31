import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  itemName,
  itemSize,
  kindHelp,
  kindText,
  modeText,
  outcomeText,
  pathName,
  removable,
  sorted,
  totalText,
  useText,
  type Column,
  type ISorting
} from './cleanUp';
import type { Activity, CleanUpModel } from './cleanUpModel';
import type { IItem, Mode } from './model';
import { timeText } from './versions';

interface IProps {
  model: CleanUpModel;
  trans: TranslationBundle;
}

/** What takes the space of a directory, to be cleaned up. */
export function CleanUpPanel({ model, trans }: IProps): JSX.Element {
  const { survey, activity } = model;
  const isHome = model.root.name === 'home';
  const label = isHome
    ? trans.__('Clean up your home')
    : trans.__('Clean up the project');
  return (
    <section aria-label={label} aria-busy={!!activity}>
      {!isHome && <h3>{label}</h3>}
      <Outcome model={model} trans={trans} />
      {survey && survey.items.length > 0 && (
        <>
          <ItemTable model={model} trans={trans} />
          <Actions model={model} trans={trans} />
        </>
      )}
      {survey?.reason && <p>{survey.reason}</p>}
      {survey && !survey.reason && survey.restricted && (
        <p>
          {trans.__(
            'These are caches. Administrators of the project can clean up more, such as training checkpoints and the Trash.'
          )}
        </p>
      )}
      {survey && !survey.reason && survey.items.length === 0 && (
        <p>
          {trans.__('There are no caches or training checkpoints to remove.')}
        </p>
      )}
      {survey && !survey.complete && (
        <p>
          {isHome
            ? trans.__(
                'Your home has so many files that not all were looked at. Clean up, then refresh.'
              )
            : trans.__(
                'The project has so many files that not all were looked at.'
              )}
        </p>
      )}
    </section>
  );
}

function activityText(activity: Activity, trans: TranslationBundle): string {
  switch (activity) {
    case 'looking':
      return trans.__('Looking for what takes the space…');
    case 'cleaning':
      return trans.__('Cleaning up…');
    case 'undoing':
      return trans.__('Putting back…');
  }
}

/** What is going on, what came of it, and the way back. */
function Outcome({ model, trans }: IProps): JSX.Element {
  const { activity, outcome, failure, undoable, root } = model;
  return (
    <>
      <div role="status" className="mf-CleanUp-status">
        {activity && <p>{activityText(activity, trans)}</p>}
        {outcome && <p>{outcomeText(outcome, trans)}</p>}
      </div>
      {failure && <p role="alert">{failure}</p>}
      {outcome && outcome.skipped.length > 0 && (
        <div role="alert">
          {trans.__('Skipped:')}
          <ul>
            {outcome.skipped.map(({ path, reason }) => (
              <li key={path}>
                {pathName(root, path)}: {reason}
              </li>
            ))}
          </ul>
        </div>
      )}
      {undoable && (
        <p>
          {trans.__('Last clean-up: %1.', timeText(undoable.at))}{' '}
          <button
            type="button"
            disabled={activity !== null}
            onClick={() => void model.undo(undoable.undo, undoable.mode)}
          >
            {trans.__('Undo')}
          </button>
          {undoable.mode === 'trash' && (
            <button
              type="button"
              disabled={activity !== null}
              aria-label={trans.__('Delete what was moved permanently…')}
              onClick={() => void model.deletePermanently()}
            >
              {trans.__('Delete permanently…')}
            </button>
          )}
        </p>
      )}
    </>
  );
}

function ItemTable({ model, trans }: IProps): JSX.Element {
  const [sorting, setSorting] = React.useState<ISorting>({
    column: 'bytes',
    descending: true
  });
  const columns: [Column, string][] = [
    ['name', trans.__('What')],
    ['kind', trans.__('Kind')],
    ['bytes', trans.__('Size')],
    ['used', trans.__('Last use')]
  ];
  const sortBy = (column: Column) =>
    setSorting(before => ({
      column,
      descending:
        before.column === column ? !before.descending : column === 'bytes'
    }));
  return (
    <div className="mf-CleanUp-items" tabIndex={0}>
      <table
        aria-label={
          model.root.name === 'home'
            ? trans.__('What takes the space')
            : trans.__('What takes the space of the project')
        }
      >
        <thead>
          <tr>
            <td />
            {columns.map(([column, label]) => {
              const isSorted = sorting.column === column;
              const direction = sorting.descending ? 'descending' : 'ascending';
              return (
                <th
                  key={column}
                  scope="col"
                  aria-sort={isSorted ? direction : undefined}
                >
                  <button type="button" onClick={() => sortBy(column)}>
                    {label}
                    <span aria-hidden="true">
                      {isSorted ? (sorting.descending ? ' ▾' : ' ▴') : ''}
                    </span>
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {sorted(model.survey!.items, sorting, model.root, trans).map(item => (
            <ItemRow key={item.id} item={item} model={model} trans={trans} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ItemRow(props: IProps & { item: IItem }): JSX.Element {
  const { item, model, trans } = props;
  const name = itemName(item, model.root, trans);
  const use = useText(item, trans);
  return (
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label={trans.__('Remove %1', name)}
          checked={model.selected.has(item.id)}
          disabled={model.activity !== null}
          onChange={event => model.select(item.id, event.target.checked)}
        />
      </td>
      <th scope="row">
        {name}
        {use && <span className="mf-CleanUp-warning">{use}</span>}
      </th>
      <td title={kindHelp(item.kind, trans)}>
        {kindText(item.kind, trans)}
        <small>{kindHelp(item.kind, trans)}</small>
      </td>
      <td>{itemSize(item, trans)}</td>
      <td>{item.used ? timeText(item.used) : trans.__('unknown')}</td>
    </tr>
  );
}

function Actions({ model, trans }: IProps): JSX.Element {
  const safe: Mode = model.survey!.keeps_snapshots ? 'snapshot' : 'trash';
  const isDisabled = (mode: Mode) =>
    model.activity !== null || removable(model.chosen, mode).length === 0;
  return (
    <footer className="mf-CleanUp-actions">
      <strong role="status">{totalText(model.chosen, safe, trans)}</strong>
      <button
        type="button"
        data-primary
        disabled={isDisabled(safe)}
        onClick={() => void model.clean(safe)}
      >
        {safe === 'snapshot'
          ? trans.__('Clean up…')
          : trans.__('Move to Trash…')}
      </button>
      <button
        type="button"
        disabled={isDisabled('permanent')}
        onClick={() => void model.clean('permanent')}
      >
        {trans.__('Delete permanently…')}
      </button>
      <button
        type="button"
        disabled={model.activity !== null}
        onClick={() => void model.refresh()}
      >
        {trans.__('Refresh')}
      </button>
      <p>
        {safe === 'trash' && trans.__('This file system keeps no snapshots.')}{' '}
        {modeText(safe, model.root, trans)}
      </p>
    </footer>
  );
}
