import * as React from 'react';

import { replicaName, type IReplica } from '../model/wire';
import { StateBadge } from './badge';
import type { IDetailProps } from './detail';

/** The containers of a job, by role. */
export function Replicas(props: IDetailProps): JSX.Element | null {
  const { job, trans } = props;
  if (job.replicas.length === 0) {
    return null;
  }
  const roles = [...new Set(job.replicas.map(each => each.role))];
  return (
    <div className="mf-Wide">
      <table className="mf-Replicas" aria-label={trans.__('Containers')}>
        <thead>
          <tr>
            <th scope="col">{trans.__('Container')}</th>
            <th scope="col">{trans.__('State')}</th>
            <th scope="col">{trans.__('Machine')}</th>
            <th scope="col">{trans.__('Exit code')}</th>
            <th scope="col">
              <span className="mf-Hidden">{trans.__('Open')}</span>
            </th>
          </tr>
        </thead>
        {roles.map(role => (
          <tbody key={role} aria-label={trans.__('Role %1', role)}>
            {job.replicas
              .filter(each => each.role === role)
              .map(replica => (
                <ReplicaRows key={replica.index} {...props} replica={replica} />
              ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function ReplicaRows(props: IDetailProps & { replica: IReplica }): JSX.Element {
  const { job, model, trans, replica } = props;
  const { openLog, openShell } = model.actions;
  const name = replicaName(replica);
  const notes = notesOf(props);
  return (
    <>
      <tr data-noted={notes.length > 0}>
        <th scope="row">{name}</th>
        <td>
          <StateBadge state={replica.state} trans={trans} />
        </td>
        <td>{replica.node ?? '–'}</td>
        <td data-failed={Boolean(replica.exit_code)}>
          {replica.exit_code ?? '–'}
        </td>
        <td className="mf-ReplicaLinks">
          <button
            className="mf-Link"
            aria-label={trans.__('Log of %1', name)}
            onClick={() => openLog(job, replica)}
          >
            {trans.__('Log')}
          </button>
          {openShell && replica.shell && (
            <button
              className="mf-Link"
              aria-label={trans.__('Shell in %1', name)}
              onClick={() => openShell(job, replica)}
            >
              {trans.__('Shell')}
            </button>
          )}
        </td>
      </tr>
      {notes.length > 0 && (
        <tr className="mf-ReplicaNote">
          <td colSpan={5}>{notes.join(' ')}</td>
        </tr>
      )}
    </>
  );
}

function notesOf(props: IDetailProps & { replica: IReplica }): string[] {
  const { trans, replica } = props;
  const notes = replica.reason ? [replica.reason] : [];
  if (replica.kept_until) {
    const until = new Date(replica.kept_until).toLocaleTimeString();
    notes.push(trans.__('Kept for a look until %1.', until));
  }
  return notes;
}
