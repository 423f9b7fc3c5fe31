import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { joinWords } from '../model/shellWords';
import { shortDuration } from '../model/duration';
import { isFinal, replicaName, type IJob } from '../model/wire';
import { StateBadge } from './badge';
import { useNow } from './clock';
import type { IPanelModel } from './model';

interface IDetailProps {
  job: IJob;
  model: IPanelModel;
  trans: TranslationBundle;
}

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
        <StateBadge state={job.state} trans={trans} />
        <button
          className="mf-IconButton"
          title={trans.__('Close')}
          aria-label={trans.__('Close details')}
          onClick={() => model.select('')}
        >
          <closeIcon.react tag="span" />
        </button>
      </header>
      {job.reason && (
        <p className="mf-Reason" data-state={job.state} role="status">
          {job.reason}
        </p>
      )}
      <Actions {...props} />
      <Replicas {...props} />
      <Facts {...props} />
    </section>
  );
}

function Actions({ job, model, trans }: IDetailProps): JSX.Element {
  const shell = job.replicas.find(replica => replica.shell);
  const ended = isFinal(job.state);
  return (
    <div
      className="mf-Actions"
      role="toolbar"
      aria-label={trans.__('Actions')}
      aria-busy={model.busy}
    >
      <Action label={trans.__('Logs')} run={() => model.openLog(job)} primary />
      {model.openShell && (
        <Action
          label={trans.__('Shell')}
          title={
            shell
              ? trans.__('Open a Cloud Shell in %1', replicaName(shell))
              : trans.__('A Cloud Shell needs a running container of your own')
          }
          disabled={!shell}
          run={() => shell && model.openShell?.(job, shell)}
        />
      )}
      <Action label={trans.__('Rerun…')} run={() => model.rerun(job)} />
      {!ended && (
        <Action
          label={trans.__('Cancel')}
          disabled={model.busy || job.state === 'Cancelling'}
          run={() => model.run(() => model.jobs.cancel(job.id))}
        />
      )}
      <Action
        label={trans.__('Delete')}
        disabled={model.busy}
        run={() => model.remove(job)}
      />
    </div>
  );
}

interface IActionProps {
  label: string;
  run: () => void;
  title?: string;
  disabled?: boolean;
  primary?: boolean;
}

function Action(props: IActionProps): JSX.Element {
  return (
    <button
      className={`mf-TextButton${props.primary ? ' mf-mod-primary' : ''}`}
      title={props.title}
      disabled={props.disabled}
      onClick={props.run}
    >
      {props.label}
    </button>
  );
}

function Replicas({ job, model, trans }: IDetailProps): JSX.Element | null {
  if (job.replicas.length === 0) {
    return null;
  }
  return (
    <table className="mf-Replicas" aria-label={trans.__('Containers')}>
      <thead>
        <tr>
          <th scope="col">{trans.__('Container')}</th>
          <th scope="col">{trans.__('State')}</th>
          <th scope="col">{trans.__('Machine')}</th>
          <th scope="col">{trans.__('Exit')}</th>
        </tr>
      </thead>
      <tbody>
        {job.replicas.map(replica => (
          <tr key={replicaName(replica)} title={replica.reason ?? undefined}>
            <td>
              <button
                className="mf-Link"
                title={trans.__('Read the log of %1', replicaName(replica))}
                onClick={() => model.openLog(job, replica)}
              >
                {replicaName(replica)}
              </button>
            </td>
            <td>
              <StateBadge state={replica.state} trans={trans} />
            </td>
            <td>{replica.node ?? '–'}</td>
            <td data-failed={Boolean(replica.exit_code)}>
              {replica.exit_code ?? '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Facts({ job, trans }: IDetailProps): JSX.Element {
  const { spec } = job;
  const now = useNow();
  const ran = job.started
    ? shortDuration(
        (job.finished ? Date.parse(job.finished) : now) -
          Date.parse(job.started)
      )
    : '–';
  const facts: [string, string][] = [
    [trans.__('Owner'), job.owner],
    [trans.__('Runs'), [spec.script, joinWords(spec.arguments)].join(' ')],
    [trans.__('In'), spec.working_directory],
    [trans.__('Image'), spec.image],
    [
      trans.__('Each has'),
      trans.__(
        '%1 CPU · %2 memory · %3 GPU',
        spec.resources.cpu,
        spec.resources.memory,
        String(spec.resources.gpu)
      )
    ],
    [trans.__('Submitted'), new Date(job.created).toLocaleString()],
    [trans.__('Duration'), ran],
    [trans.__('Id'), job.id]
  ];
  const variables = Object.entries(spec.environment);
  if (variables.length > 0) {
    const told = variables.map(([name, value]) => `${name}=${value}`);
    facts.push([trans.__('Variables'), told.join('\n')]);
  }
  return (
    <dl className="mf-Facts">
      {facts.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}
