import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob } from '@mofang/shared';
import * as React from 'react';

import { alertIcon } from '../icons';

interface IBadgeProps {
  job: IJob;
  trans: TranslationBundle;
}

/** Number of the current attempt, from the second on. */
export function AttemptBadge({ job, trans }: IBadgeProps): JSX.Element | null {
  if (job.attempt < 2) {
    return null;
  }
  const last = job.restarts[job.restarts.length - 1];
  return (
    <span className="mf-Mark" title={last?.cause}>
      {trans.__('attempt %1', String(job.attempt))}
    </span>
  );
}

/** Position of a job in the queue. */
export function QueueBadge({ job, trans }: IBadgeProps): JSX.Element | null {
  const { queue } = job;
  if (!queue) {
    return null;
  }
  return (
    <span className="mf-Quiet">
      {trans.__(
        '%1 of %2 waiting',
        ordinal(queue.position, trans),
        String(queue.length)
      )}
    </span>
  );
}

/** Alert of a running job. */
export function AlertBadge({ job, trans }: IBadgeProps): JSX.Element | null {
  if (!job.alert) {
    return null;
  }
  return (
    <span className="mf-Alert" title={job.alert}>
      <alertIcon.react tag="span" className="mf-BadgeIcon" />
      <span className="mf-AlertText">
        <span className="mf-Hidden">{trans.__('Attention:')} </span>
        {job.alert}
      </span>
    </span>
  );
}

/** `3rd`; languages without such endings translate them to others. */
function ordinal(count: number, trans: TranslationBundle): string {
  const endings: Partial<Record<Intl.LDMLPluralRule, string>> = {
    one: trans.__('%1st', String(count)),
    two: trans.__('%1nd', String(count)),
    few: trans.__('%1rd', String(count))
  };
  const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(count);
  return endings[rule] ?? trans.__('%1th', String(count));
}
