import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { isEmpty } from '../model/jobFilter';
import { useNow } from './clock';
import type { IPanelModel } from './model';
import { JobRow } from './row';
import { useWindow } from './window';

interface INothingProps {
  model: IPanelModel;
  trans: TranslationBundle;
}

interface IListProps extends INothingProps {
  /** Id of the job whose details are drawn beside the list. */
  selected: string;
}

/** How near the end of the loaded rows the next page is asked for. */
const AHEAD = 60;

/** The project's jobs, newest first; arrow keys go through them. */
export function JobList(props: IListProps): JSX.Element {
  const { model, trans, selected } = props;
  const { listing } = model;
  const { jobs, next, total } = listing.list;
  const view = useWindow(jobs.length);
  const { first, end, rowHeight, scroller, reveal } = view;
  const now = useNow();
  const [stop, setStop] = React.useState(0);
  const focus = React.useRef(-1);
  const at = Math.min(stop, Math.max(0, jobs.length - 1));

  React.useEffect(() => {
    scroller.current!.scrollTop = 0;
    setStop(0);
  }, [listing.filter]);

  // The details take room from the list: what was chosen must stay in view.
  const selectedRow = jobs.findIndex(job => job.id === selected);
  React.useEffect(() => {
    if (selectedRow >= 0) {
      reveal(selectedRow);
    }
  }, [selected]);

  React.useEffect(() => {
    if (listing.isReady && next !== null && end + AHEAD > jobs.length) {
      listing.loadMore();
    }
  }, [end, jobs.length, next, listing.isReady]);

  React.useEffect(() => {
    if (focus.current >= 0) {
      const row = `.mf-JobButton[data-row="${focus.current}"]`;
      focus.current = -1;
      scroller.current!.querySelector<HTMLElement>(row)?.focus();
    }
  });

  const select = React.useCallback((id: string, row: number) => {
    setStop(row);
    model.select(id);
  }, []);
  const choose = React.useCallback((id: string) => model.choose(id), []);

  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>) => {
    const page = Math.max(
      1,
      Math.floor(scroller.current!.clientHeight / rowHeight) - 1
    );
    const to = rowAfter(event.key, at, page, jobs.length);
    if (to !== null) {
      event.preventDefault();
      focus.current = to;
      reveal(to);
      setStop(to);
    }
  };

  // The row with the focus stays, however far it is scrolled away.
  const rows = jobs
    .slice(first, end)
    .map((job, index) => ({ job, row: first + index }));
  if (jobs[at] && at < first) {
    rows.unshift({ job: jobs[at], row: at });
  } else if (jobs[at] && at >= end) {
    rows.push({ job: jobs[at], row: at });
  }
  return (
    <div
      className="mf-PanelList"
      ref={scroller}
      data-split={selected !== ''}
      aria-busy={!listing.isReady}
    >
      <div className="mf-RowRuler" ref={view.ruler} aria-hidden="true" />
      {jobs.length === 0 ? (
        <Nothing model={model} trans={trans} />
      ) : (
        <ul
          className="mf-JobList"
          aria-label={trans.__('Jobs of project %1', model.project)}
          style={{ height: jobs.length * rowHeight }}
          onKeyDown={onKeyDown}
        >
          {rows.map(({ job, row }) => (
            <JobRow
              key={job.id}
              job={job}
              at={row}
              total={total}
              top={row * rowHeight}
              now={now}
              trans={trans}
              isSelected={job.id === selected}
              isChosen={model.chosen.includes(job.id)}
              isStop={row === at}
              select={select}
              choose={choose}
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

/** Where a key leads; null for a key that leads nowhere. */
function rowAfter(
  key: string,
  at: number,
  page: number,
  count: number
): number | null {
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -count,
    End: count
  };
  const step = steps[key];
  return step === undefined
    ? null
    : Math.max(0, Math.min(count - 1, at + step));
}

function Nothing({ model, trans }: INothingProps): JSX.Element {
  const { jobs, listing } = model;
  let sentence = trans.__('Loading jobs…');
  if (jobs.liveness === 'lost' || listing.problem) {
    sentence = '';
  } else if (listing.isReady) {
    sentence = isEmpty(listing.filter)
      ? trans.__(
          'No jobs yet. Start one from here, from a notebook’s toolbar, or from the menu of a Python file.'
        )
      : trans.__('No job is like that. Change or clear the filter.');
  }
  return <p className="mf-Empty">{sentence}</p>;
}
