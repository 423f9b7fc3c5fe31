import { isFinal, replicaName } from '@mofang/shared';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { cancelJob, openAsJupyterLab, removeJob } from './actions';
import type { IDetailProps } from './detailProps';

/** What can be done with a job. */
export function JobToolbar({ job, model, trans }: IDetailProps): JSX.Element {
  const { actions, busy, jobs } = model;
  const shell = job.replicas.find(replica => replica.shell_allowed);
  const bar = React.useRef<HTMLDivElement>(null);
  return (
    <div
      className="mf-Actions"
      role="toolbar"
      aria-label={trans.__('Actions')}
      aria-busy={busy}
      ref={bar}
    >
      <FocusKeeper container={() => bar.current} fallbacks={['button']}>
        <Action
          label={trans.__('Logs')}
          run={() => actions.openLog(job)}
          primary
        />
        <Action
          label={trans.__('Charts')}
          title={trans.__('What each replica used, over time')}
          run={() => actions.openCharts(job)}
        />
        {actions.openShell && (
          <Action
            label={trans.__('Shell')}
            title={
              shell
                ? trans.__('Open a Cloud Shell in %1', replicaName(shell))
                : trans.__(
                    'A Cloud Shell needs a running container of your own'
                  )
            }
            disabled={!shell}
            run={() => shell && actions.openShell?.(job, shell)}
          />
        )}
        <Action
          label={trans.__('Rerun with changes…')}
          run={() => actions.rerun(job)}
        />
        <Action
          label={trans.__('Open as JupyterLab…')}
          title={trans.__(
            'Debug it in JupyterLab with the same image and directory'
          )}
          disabled={busy}
          run={() => model.run(() => openAsJupyterLab(jobs, job, trans))}
        />
        {!isFinal(job.state) && (
          <Action
            label={trans.__('Cancel…')}
            disabled={busy || job.state === 'Cancelling'}
            run={() => model.run(() => cancelJob(jobs, job, trans))}
          />
        )}
        <Action
          label={trans.__('Delete…')}
          disabled={busy}
          run={() => model.run(() => removeJob(jobs, job, trans))}
        />
      </FocusKeeper>
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

/** Keeps the focus while it cannot be used, which an inert button would lose. */
function Action(props: IActionProps): JSX.Element {
  return (
    <button
      className={`mf-TextButton${props.primary ? ' mf-mod-primary' : ''}`}
      title={props.title}
      aria-disabled={props.disabled}
      onClick={props.disabled ? undefined : props.run}
    >
      {props.label}
    </button>
  );
}
