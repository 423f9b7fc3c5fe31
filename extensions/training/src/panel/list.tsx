import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { filtered } from '../model/jobList';
import { since } from '../model/duration';
import type { IJob } from '../model/wire';
import { StateBadge } from './badge';
import { useNow } from './clock';
import type { IPanelModel } from './model';

interface IListProps {
  model: IPanelModel;
  trans: TranslationBundle;
}

/** The project's jobs, newest first; arrow keys go through them. */
export function JobList({ model, trans }: IListProps): JSX.Element {
  const shown = filtered(model.jobs.jobs, model.filter);
  const now = useNow();
  if (shown.length === 0) {
    return <Nothing model={model} trans={trans} />;
  }
  return (
    <ul
      className="mf-JobList"
      aria-label={trans.__('Jobs of project %1', model.project)}
      onKeyDown={moveFocus}
    >
      {shown.map(job => (
        <JobRow
          key={job.id}
          job={job}
          now={now}
          trans={trans}
          isSelected={job.id === model.selected}
          select={() => model.select(job.id)}
        />
      ))}
      {model.jobs.hasMore && !model.filter && (
        <li className="mf-More">
          <button
            className="jp-Button jp-mod-styled jp-mod-minimal"
            onClick={() => model.run(() => model.jobs.loadMore())}
          >
            {trans.__('Load older jobs')}
          </button>
        </li>
      )}
    </ul>
  );
}

interface IRowProps {
  job: IJob;
  now: number;
  trans: TranslationBundle;
  isSelected: boolean;
  select: () => void;
}

function JobRow(props: IRowProps): JSX.Element {
  const { job, now, trans, isSelected, select } = props;
  const { replicas } = job.spec;
  return (
    <li className="mf-JobRow" data-selected={isSelected} title={job.id}>
      <button
        className="mf-JobButton"
        aria-pressed={isSelected}
        aria-labelledby={`mf-name-${job.id}`}
        aria-describedby={`mf-facts-${job.id}`}
        onClick={select}
      >
        <span className="mf-JobName" id={`mf-name-${job.id}`}>
          {job.spec.name}
        </span>
        <span
          className="mf-JobAge"
          title={new Date(job.created).toLocaleString()}
        >
          {since(job.created, now)}
        </span>
        <span className="mf-JobFacts" id={`mf-facts-${job.id}`}>
          <StateBadge state={job.state} trans={trans} />
          <span className="mf-Quiet">
            {trans._n('%1 replica', '%1 replicas', replicas, String(replicas))}
            {job.spec.resources.gpu > 0 &&
              ` · ${trans._n(
                '%1 GPU each',
                '%1 GPUs each',
                job.spec.resources.gpu,
                String(job.spec.resources.gpu)
              )}`}
          </span>
        </span>
        {job.reason && job.state !== 'Running' && (
          <span className="mf-JobReason">{job.reason}</span>
        )}
      </button>
    </li>
  );
}

function Nothing({ model, trans }: IListProps): JSX.Element {
  const { jobs } = model;
  let sentence = trans.__(
    'No jobs yet. Start one from here, from a notebook’s toolbar, or from the menu of a Python file.'
  );
  if (jobs.jobs.length > 0) {
    sentence = trans.__('No job matches “%1”.', model.filter);
  } else if (jobs.liveness === 'connecting') {
    sentence = trans.__('Loading jobs…');
  } else if (jobs.liveness === 'lost') {
    return <p className="mf-Empty" />;
  }
  return <p className="mf-Empty">{sentence}</p>;
}

function moveFocus(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) {
    return;
  }
  const buttons = [
    ...event.currentTarget.querySelectorAll<HTMLElement>('.mf-JobButton')
  ];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  buttons[at + step]?.focus();
  event.preventDefault();
}
