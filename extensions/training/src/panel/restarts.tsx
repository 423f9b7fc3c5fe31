import type { IRestartRecord } from '@mofang/shared';
import * as React from 'react';

import type { IDetailProps } from './detailProps';
import { Section } from './section';

/** Restarts of a job and their causes, the latest first. */
export function RestartList({ job, trans }: IDetailProps): JSX.Element | null {
  if (job.restarts.length === 0) {
    return null;
  }
  const locationOf = ({ replica, node }: IRestartRecord) =>
    [replica, node && trans.__('on %1', node)].filter(Boolean).join(' ');
  return (
    <Section title={trans.__('Restarts')} count={job.restarts.length} isOpen>
      <ol className="mf-Restarts" reversed>
        {[...job.restarts].reverse().map(each => (
          <li key={each.attempt}>
            <span className="mf-Quiet">
              {trans.__('Attempt %1', String(each.attempt))}
              {' · '}
              <time dateTime={each.at}>
                {new Date(each.at).toLocaleString()}
              </time>
              {locationOf(each) && ` · ${locationOf(each)}`}
            </span>
            <span className="mf-RestartCause">{each.cause}</span>
            {each.node_excluded && each.node && (
              <span>{trans.__('Later attempts avoid %1.', each.node)}</span>
            )}
            {each.platform_failure && (
              <span className="mf-Quiet">
                {trans.__('No fault of the script.')}
              </span>
            )}
          </li>
        ))}
      </ol>
    </Section>
  );
}
