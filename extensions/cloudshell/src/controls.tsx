import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon, UseSignal } from '@jupyterlab/ui-components';
import type { ISignal } from '@lumino/signaling';
import { replicaName } from '@mofang/shared';
import * as React from 'react';

import {
  replicaNames,
  parseReplica,
  type IShellJob,
  type ITarget,
  type ShellStatus
} from './model';

/** The Cloud Shell that the controls show and steer. */
export interface IControlledShell {
  readonly changed: ISignal<unknown, void>;
  readonly target: ITarget;
  /** Null until the job was read. */
  readonly job: IShellJob | null;
  readonly status: ShellStatus;
  /** Open a shell in another container. */
  open(target: ITarget): void;
  reconnect(): void;
  /** Read again which containers the job has. */
  refreshJob(): Promise<void>;
}

interface IControlsProps {
  shell: IControlledShell;
  trans: TranslationBundle;
}

/** Toolbar of a Cloud Shell: container, connection status, reconnect. */
export function ShellControls({ shell, trans }: IControlsProps): JSX.Element {
  return (
    <UseSignal signal={shell.changed}>
      {() => (
        <div
          className="mf-ShellControls"
          role="toolbar"
          aria-label={trans.__('Cloud Shell')}
        >
          <label>
            {trans.__('Replica')}{' '}
            <select
              value={replicaName(shell.target)}
              onFocus={() => void shell.refreshJob()}
              onChange={event =>
                shell.open(parseReplica(shell.target.jobId, event.target.value))
              }
            >
              {replicaNames(shell.job, shell.target).map(name => (
                <option key={name}>{name}</option>
              ))}
            </select>
          </label>
          <span className="mf-ShellJob" title={shell.target.jobId}>
            {shell.job?.spec.name ?? shell.target.jobId}
          </span>
          <span
            className="mf-ShellStatus"
            data-status={shell.status}
            role="status"
          >
            {statusText(shell.status, trans)}
          </span>
          <button
            title={trans.__('End this shell and open a new one')}
            onClick={() => shell.reconnect()}
          >
            <refreshIcon.react tag="span" />
            {trans.__('Reconnect')}
          </button>
        </div>
      )}
    </UseSignal>
  );
}

function statusText(status: ShellStatus, trans: TranslationBundle): string {
  switch (status) {
    case 'connecting':
      return trans.__('Connecting…');
    case 'connected':
      return trans.__('Connected');
    case 'ended':
      return trans.__('Ended');
  }
}
