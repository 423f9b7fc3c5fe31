import { rowAfter, useWindow, type IJob, type IWindow } from '@mofang/shared';
import * as React from 'react';

import type { JobListing } from './listing';

/** The next page is requested when this few loaded rows are left. */
const PREFETCH_ROWS = 60;

export interface IVisibleRows {
  view: IWindow;
  /** What to draw, in the order of the page. */
  rows: readonly { job: IJob; row: number }[];
  /** The row at which the tab key stops. */
  tabStop: number;
  setTabStop: (row: number) => void;
  onKeyDown: (event: React.KeyboardEvent) => void;
}

/**
 * Which rows are drawn, and where the focus is among them.
 *
 * @param selected - Id of the job whose details take room from the list.
 */
export function useVisibleRows(
  listing: JobListing,
  selected: string
): IVisibleRows {
  const { jobs } = listing.list;
  const view = useWindow(jobs.length);
  const { first, end, rowHeight, scroller, reveal } = view;
  const [requestedStop, setTabStop] = React.useState(0);
  const focus = React.useRef(-1);
  const tabStop = Math.min(requestedStop, Math.max(0, jobs.length - 1));

  useNextPage(listing, end);
  React.useEffect(() => {
    scroller.current!.scrollTop = 0;
    setTabStop(0);
  }, [listing.filter]);
  const selectedRow = jobs.findIndex(job => job.id === selected);
  const isListed = selectedRow >= 0;
  React.useEffect(() => {
    if (isListed) {
      reveal(selectedRow);
      setTabStop(selectedRow);
      // The panel has the focus itself where it was opened for a job.
      if (document.activeElement === scroller.current!.closest('.mf-Panel')) {
        focus.current = selectedRow;
      }
    } else if (document.activeElement === document.body) {
      // The details were closed together with the focused button.
      focusRow(scroller.current!, tabStop);
    }
  }, [selected, isListed]);
  React.useEffect(() => {
    if (focus.current >= 0 && focusRow(scroller.current!, focus.current)) {
      focus.current = -1;
    }
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const shown = Math.floor(scroller.current!.clientHeight / rowHeight);
    const to = rowAfter(
      event.key,
      tabStop,
      Math.max(1, shown - 1),
      jobs.length
    );
    if (to !== null) {
      event.preventDefault();
      focus.current = to;
      reveal(to);
      setTabStop(to);
    }
  };
  const rows = rowsBetween(jobs, first, end, tabStop);
  return { view, rows, tabStop, setTabStop, onKeyDown };
}

/** Ask for the next page when the rows in view come near the last one. */
function useNextPage(listing: JobListing, end: number): void {
  const { jobs, next } = listing.list;
  const isIdle = listing.isReady && !listing.isBusy;
  React.useEffect(() => {
    if (isIdle && next !== null && end + PREFETCH_ROWS > jobs.length) {
      listing.loadMore();
    }
  }, [end, jobs.length, next, isIdle]);
}

/** The rows to draw; the tab stop stays drawn even if scrolled away. */
function rowsBetween(
  jobs: readonly IJob[],
  first: number,
  end: number,
  tabStop: number
): { job: IJob; row: number }[] {
  const rows = jobs
    .slice(first, end)
    .map((job, index) => ({ job, row: first + index }));
  if (jobs[tabStop] && tabStop < first) {
    rows.unshift({ job: jobs[tabStop], row: tabStop });
  } else if (jobs[tabStop] && tabStop >= end) {
    rows.push({ job: jobs[tabStop], row: tabStop });
  }
  return rows;
}

/** Whether the row is drawn already. */
function focusRow(list: HTMLElement, row: number): boolean {
  const button = list.querySelector<HTMLElement>(
    `.mf-JobButton[data-row="${row}"]`
  );
  button?.focus({ preventScroll: true });
  return button !== null;
}
