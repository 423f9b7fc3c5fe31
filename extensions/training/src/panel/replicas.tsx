import { type IReplica, replicaName } from '@mofang/shared';
import * as React from 'react';

import { StateBadge } from './stateBadge';
import type { IDetailProps } from './detailProps';
import { Section } from './section';

/** The containers of a job, by role; two lines each, for panels are narrow. */
export function Replicas(props: IDetailProps): JSX.Element | null {
  const { job, trans } = props;
  if (job.replicas.length === 0) {
    return null;
  }
  const roles = [...new Set(job.replicas.map(each => each.role))];
  return (
    <Section title={trans.__('Containers')} count={job.replicas.length} isOpen>
      {roles.map(role => (
        <ul
          key={role}
          className="mf-Replicas"
          aria-label={trans.__('Containers of role %1', role)}
        >
          {job.replicas
            .filter(each => each.role === role)
            .map(replica => (
              <Replica key={replica.index} {...props} replica={replica} />
            ))}
        </ul>
      ))}
    </Section>
  );
}

function Replica(props: IDetailProps & { replica: IReplica }): JSX.Element {
  const { job, model, trans, replica } = props;
  const { openLog, openShell } = model.actions;
  const name = replicaName(replica);
  return (
    <li className="mf-Replica">
      <div className="mf-ReplicaLine">
        <span className="mf-ReplicaName">{name}</span>
        <StateBadge state={replica.state} trans={trans} />
        <span className="mf-ReplicaLinks">
          <button
            className="mf-Link"
            aria-label={trans.__('Log of %1', name)}
            onClick={() => openLog(job, replica)}
          >
            {trans.__('Log')}
          </button>
          {openShell && replica.shell_allowed && (
            <button
              className="mf-Link"
              aria-label={trans.__('Shell in %1', name)}
              onClick={() => openShell(job, replica)}
            >
              {trans.__('Shell')}
            </button>
          )}
        </span>
      </div>
      <div className="mf-ReplicaLine mf-Quiet">
        <span className="mf-ReplicaNode" title={replica.node ?? undefined}>
          {replica.node ??
            (replica.state === 'Pending' ? trans.__('No node yet') : '')}
        </span>
        {replica.exit_code !== null && (
          <span
            data-failed={
              replica.exit_code !== 0 && replica.state !== 'Cancelled'
            }
          >
            {trans.__('exit code %1', String(replica.exit_code))}
          </span>
        )}
      </div>
      {replica.reason && <div>{replica.reason}</div>}
      {replica.held_until && (
        <div>
          {trans.__(
            'Held until %1.',
            new Date(replica.held_until).toLocaleTimeString([], {
              timeStyle: 'short'
            })
          )}
        </div>
      )}
    </li>
  );
}
