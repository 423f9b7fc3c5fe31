import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob } from '@mofang/shared';
import * as React from 'react';

import { since } from '../model/duration';
import { StateBadge } from './stateBadge';
import { AlertBadge, AttemptBadge, QueueBadge } from './jobBadges';

export interface IRowProps {
  job: IJob;
  /** From 0. */
  at: number;
  /** How many rows there are, loaded or not. */
  total: number;
  top: number;
  now: number;
  isSelected: boolean;
  isCompared: boolean;
  /** Whether the tab key stops here: one row of the list has it. */
  isTabStop: boolean;
  trans: TranslationBundle;
  select: (id: string, at: number) => void;
  toggleCompare: (id: string) => void;
}

/** One job of the list, in three lines. */
export const JobRow = React.memo(function JobRow(
  props: IRowProps
): JSX.Element {
  const { job, now, trans, isSelected, isTabStop } = props;
  const tabIndex = isTabStop ? 0 : -1;
  const ids = [`mf-state-${job.id}`, `mf-more-${job.id}`];
  return (
    <li
      className="mf-JobRow"
      data-selected={isSelected}
      aria-posinset={props.at + 1}
      aria-setsize={props.total}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <input
        type="checkbox"
        className="mf-JobCheck"
        tabIndex={tabIndex}
        checked={props.isCompared}
        title={trans.__('Choose to compare')}
        aria-label={trans.__('Choose %1 to compare', job.spec.name)}
        onChange={() => props.toggleCompare(job.id)}
      />
      <button
        className="mf-JobButton"
        data-row={props.at}
        tabIndex={tabIndex}
        aria-pressed={isSelected}
        aria-labelledby={`mf-name-${job.id}`}
        aria-describedby={ids.join(' ')}
        onClick={() => props.select(job.id, props.at)}
      >
        <span className="mf-JobLine">
          <span
            className="mf-JobName"
            id={`mf-name-${job.id}`}
            title={`${job.spec.name}\n${job.id}`}
          >
            {job.spec.name}
          </span>
          <span
            className="mf-JobAge"
            title={new Date(job.created).toLocaleString()}
          >
            {since(job.created, now)}
          </span>
        </span>
        <span className="mf-JobLine" id={ids[0]}>
          <StateBadge state={job.state} trans={trans} />
          <AttemptBadge job={job} trans={trans} />
          <QueueBadge job={job} trans={trans} />
          <span className="mf-JobFramework">{job.spec.framework}</span>
        </span>
        <span className="mf-JobLine" id={ids[1]}>
          <LastLine job={job} trans={trans} />
        </span>
      </button>
    </li>
  );
});

/** The most urgent thing to say: an alert, a reason, or else how large it is. */
function LastLine(props: { job: IJob; trans: TranslationBundle }): JSX.Element {
  const { job, trans } = props;
  if (job.alert) {
    return <AlertBadge job={job} trans={trans} />;
  }
  if (job.reason && job.state !== 'Running') {
    return (
      <span className="mf-JobReason" title={job.reason}>
        {job.reason}
      </span>
    );
  }
  const { replicas, resources } = job.spec;
  const { gpu } = resources;
  const parts = [job.owner, trans._n('%1 replica', '%1 replicas', replicas)];
  if (gpu > 0) {
    parts.push(trans._n('%1 GPU each', '%1 GPUs each', gpu));
  }
  return <span className="mf-JobReason">{parts.join(' · ')}</span>;
}
