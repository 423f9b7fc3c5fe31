import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob } from '@mofang/shared';
import * as React from 'react';

import { compareResults, compareSettings, type IRow } from '../model/compare';
import { runTime } from '../model/duration';
import type { JobResult } from '../model/defaults';
import { StateBadge } from '../panel/stateBadge';
import { useNow } from '../panel/clock';

/** Result reported by a job's script, or why it could not be read. */
export interface IReported {
  result: JobResult;
  problem: string;
}

interface ITableProps {
  pair: [IJob, IJob];
  results: [IReported, IReported];
  trans: TranslationBundle;
}

/** Differing settings first, then the outcome; equal settings are collapsed. */
export function ComparisonTable(props: ITableProps): JSX.Element {
  const { pair, results, trans } = props;
  const [left, right] = pair;
  const { different, equal } = compareSettings(left.spec, right.spec);
  const [showsEqual, setShowsEqual] = React.useState(false);
  const reported = compareResults(results[0].result, results[1].result);
  const unread = results.some(({ problem }) => problem);
  return (
    <table className="mf-Compare">
      <thead>
        <tr>
          <th scope="col">
            <span className="mf-Hidden">{trans.__('Setting')}</span>
          </th>
          {pair.map(job => (
            <th key={job.id} scope="col">
              {job.spec.name}
              <span className="mf-Quiet">{job.id}</span>
            </th>
          ))}
        </tr>
      </thead>
      <Group title={trans.__('Settings that differ')}>
        {different.length > 0 ? (
          <Rows rows={different} />
        ) : (
          <tr>
            <td colSpan={3} className="mf-Quiet">
              {trans.__('None: both were asked for the same.')}
            </td>
          </tr>
        )}
      </Group>
      <Group title={trans.__('Outcome')}>
        <Outcome pair={pair} trans={trans} />
      </Group>
      {(reported.length > 0 || unread) && (
        <Group title={trans.__('Results')}>
          <Rows rows={reported} />
          {unread && (
            <tr>
              <th scope="row">{trans.__('Could not be read')}</th>
              {results.map(({ problem }, at) => (
                <td key={at} className="mf-Quiet">
                  {problem}
                </td>
              ))}
            </tr>
          )}
        </Group>
      )}
      <tbody>
        <tr>
          <th scope="rowgroup" colSpan={3} className="mf-CompareGroup">
            <button
              className="mf-Link"
              aria-expanded={showsEqual}
              onClick={() => setShowsEqual(!showsEqual)}
            >
              {trans._n(
                '%1 setting is the same',
                '%1 identical settings',
                equal.length
              )}
            </button>
          </th>
        </tr>
        {showsEqual && <Rows rows={equal} />}
      </tbody>
    </table>
  );
}

function Group(props: {
  title: string;
  children: React.ReactNode;
}): JSX.Element {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={3} className="mf-CompareGroup">
          {props.title}
        </th>
      </tr>
      {props.children}
    </tbody>
  );
}

function Rows({ rows }: { rows: readonly IRow[] }): JSX.Element {
  return (
    <>
      {rows.map(({ name, values: [left, right] }) => (
        <tr key={name} data-differs={left !== right}>
          <th scope="row">{name}</th>
          <td>{left || '–'}</td>
          <td>{right || '–'}</td>
        </tr>
      ))}
    </>
  );
}

function Outcome(props: Omit<ITableProps, 'results'>): JSX.Element {
  const { pair, trans } = props;
  const now = useNow();
  const rows: [string, (job: IJob) => React.ReactNode][] = [
    [trans.__('State'), job => <StateBadge state={job.state} trans={trans} />],
    [trans.__('Reason'), job => job.reason ?? '–'],
    [trans.__('Duration'), job => runTime(job, now) ?? '–'],
    [trans.__('Attempts'), job => String(job.attempt)],
    [trans.__('Submitted'), job => new Date(job.created).toLocaleString()],
    [trans.__('Owner'), job => job.owner]
  ];
  return (
    <>
      {rows.map(([name, render]) => (
        <tr key={name}>
          <th scope="row">{name}</th>
          {pair.map(job => (
            <td key={job.id}>{render(job)}</td>
          ))}
        </tr>
      ))}
    </>
  );
}
