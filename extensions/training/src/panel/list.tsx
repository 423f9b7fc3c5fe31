import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { isEmpty } from '../model/jobFilter';
import { useNow } from './clock';
import type { IPanelModel } from './model';
import { JobRow } from './row';
import { useVisibleRows } from './visibleRows';

interface INothingProps {
  model: IPanelModel;
  trans: TranslationBundle;
}

interface IListProps extends INothingProps {
  /** Id of the job whose details are drawn beside the list; perhaps empty. */
  selected: string;
}

/** The project's jobs, newest first; arrow keys go through them. */
export function JobList(props: IListProps): JSX.Element {
  const { model, trans, selected } = props;
  const { jobs, next, total } = model.listing.list;
  const { view, rows, tabStop, setTabStop, onKeyDown } = useVisibleRows(
    model.listing,
    selected
  );
  const now = useNow();
  const select = React.useCallback((id: string, row: number) => {
    setTabStop(row);
    model.select(id);
  }, []);
  const toggleCompare = React.useCallback(
    (id: string) => model.toggleCompare(id),
    []
  );
  return (
    <div
      className="mf-PanelList"
      ref={view.scroller}
      data-split={selected !== ''}
      aria-busy={!model.listing.isReady}
    >
      <div className="mf-RowRuler" ref={view.ruler} aria-hidden="true" />
      {jobs.length === 0 ? (
        <Nothing model={model} trans={trans} />
      ) : (
        <ul
          className="mf-JobList"
          aria-label={trans.__('Jobs of project %1', model.project)}
          style={{ height: jobs.length * view.rowHeight }}
          onKeyDown={onKeyDown}
        >
          {rows.map(({ job, row }) => (
            <JobRow
              key={job.id}
              job={job}
              at={row}
              total={total}
              top={row * view.rowHeight}
              now={now}
              trans={trans}
              isSelected={job.id === selected}
              isCompared={model.compareSelection.includes(job.id)}
              isTabStop={row === tabStop}
              select={select}
              toggleCompare={toggleCompare}
            />
          ))}
        </ul>
      )}
      {next !== null && jobs.length > 0 && (
        <p className="mf-More">{trans.__('Loading older jobs…')}</p>
      )}
    </div>
  );
}

function Nothing({ model, trans }: INothingProps): JSX.Element {
  const { jobs, listing } = model;
  let sentence = trans.__('Loading jobs…');
  if (jobs.connectionStatus === 'lost' || listing.problem) {
    sentence = '';
  } else if (listing.isReady) {
    sentence = isEmpty(listing.filter)
      ? trans.__(
          'No jobs yet. Start one from here, from a notebook’s toolbar, or from the menu of a Python file.'
        )
      : trans.__('No jobs match. Change or clear the filter.');
  }
  return <p className="mf-Empty">{sentence}</p>;
}
