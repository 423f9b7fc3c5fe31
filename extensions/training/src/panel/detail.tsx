import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { alertIcon } from '../icons';
import { StateBadge } from './stateBadge';
import type { IDetailProps } from './detailProps';
import { JobSummary, Parameters } from './summary';
import { AttemptBadge, QueueBadge } from './jobBadges';
import { Replicas } from './replicas';
import { RestartList } from './restarts';
import { Results } from './results';
import { JobToolbar } from './toolbar';
import { Usage } from './usage';

/** Everything about one job, and what can be done with it. */
export function JobDetail(props: IDetailProps): JSX.Element {
  const { job, model, trans } = props;
  return (
    <section
      className="mf-Detail"
      aria-label={trans.__('Job %1', job.spec.name)}
    >
      <header className="mf-DetailHead">
        <h3 className="mf-DetailName">{job.spec.name}</h3>
        <button
          className="mf-IconButton"
          title={trans.__('Close')}
          aria-label={trans.__('Close details')}
          onClick={() => model.select('')}
        >
          <closeIcon.react tag="span" />
        </button>
      </header>
      <div className="mf-DetailState">
        <StateBadge state={job.state} trans={trans} />
        <AttemptBadge job={job} trans={trans} />
        <QueueBadge job={job} trans={trans} />
      </div>
      {job.alert && (
        <p className="mf-Reason mf-mod-alert" role="alert">
          <alertIcon.react tag="span" className="mf-BadgeIcon" />
          <span>{job.alert}</span>
        </p>
      )}
      {job.reason && (
        <p className="mf-Reason" data-state={job.state} role="status">
          {job.reason}
        </p>
      )}
      <JobToolbar {...props} />
      <Replicas {...props} />
      <Usage {...props} />
      <Results {...props} />
      <RestartList {...props} />
      <Parameters {...props} />
      <JobSummary {...props} />
    </section>
  );
}
