import type { TranslationBundle } from '@jupyterlab/translation';
import {
  caretDownIcon,
  caretUpIcon,
  downloadIcon,
  terminalIcon,
  UseSignal
} from '@jupyterlab/ui-components';
import { type IReplica, replicaName } from '@mofang/shared';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { StateBadge } from '../panel/stateBadge';
import type { LogModel } from './model';

interface IControlsProps {
  model: LogModel;
  trans: TranslationBundle;
  openShell: ((replica: IReplica) => void) | null;
}

/** Toolbar of a log: replica, options, search. */
export function LogControls(props: IControlsProps): JSX.Element {
  const { model, trans } = props;
  const bar = React.useRef<HTMLDivElement>(null);
  return (
    <UseSignal signal={model.stateChanged}>
      {() => (
        <div
          className="mf-LogControls"
          role="toolbar"
          aria-label={trans.__('Log view')}
          ref={bar}
        >
          <FocusKeeper container={() => bar.current} fallbacks={['input']}>
            <ReplicaSelect {...props} />
            <Check
              label={trans.__('Follow')}
              title={trans.__('Show new lines as they come')}
              checked={model.isFollowing}
              change={checked => (model.isFollowing = checked)}
            />
            <Check
              label={trans.__('Platform messages')}
              title={trans.__(
                'Show the lines that the platform wrote: [Mofang]'
              )}
              checked={model.withSystem}
              change={checked => (model.withSystem = checked)}
            />
            <Check
              label={trans.__('Wrap')}
              title={trans.__('Break long lines')}
              checked={model.wraps}
              change={checked => (model.wraps = checked)}
            />
            <LogSearch {...props} />
            <span className="mf-LogStatus" role="status">
              {status(model, trans)}
            </span>
            {model.loader.canRetry && (
              <button
                type="button"
                className="mf-Link"
                onClick={() => model.loader.retry()}
              >
                {trans.__('Try again')}
              </button>
            )}
            <LogActions {...props} />
          </FocusKeeper>
        </div>
      )}
    </UseSignal>
  );
}

function ReplicaSelect({ model, trans }: IControlsProps): JSX.Element {
  return (
    <span className="mf-Inline">
      <label className="mf-Inline">
        {trans.__('Replica')}
        <select
          className="mf-Select"
          value={model.selected}
          onChange={event => model.select(event.target.value)}
          disabled={model.replicas.length === 0}
        >
          {model.replicas.map(replica => (
            <option key={replicaName(replica)}>{replicaName(replica)}</option>
          ))}
        </select>
      </label>
      {model.replica && (
        <StateBadge state={model.replica.state} trans={trans} />
      )}
    </span>
  );
}

interface ICheckProps {
  label: string;
  title: string;
  checked: boolean;
  change: (checked: boolean) => void;
}

function Check({ label, title, checked, change }: ICheckProps): JSX.Element {
  return (
    <label className="mf-Inline" title={title}>
      <input
        type="checkbox"
        className="jp-mod-styled"
        checked={checked}
        onChange={event => change(event.target.checked)}
      />
      {label}
    </label>
  );
}

function LogSearch({ model, trans }: IControlsProps): JSX.Element {
  const { ranges, current } = model.highlights;
  const matchCount = model.query
    ? trans.__('%1 of %2', String(current + 1), String(ranges.length))
    : '';
  return (
    <span className="mf-Inline mf-LogSearch" role="search">
      <input
        type="search"
        className="jp-mod-styled"
        value={model.query}
        placeholder={trans.__('Find in the lines shown')}
        aria-label={trans.__('Find')}
        onChange={event => model.search(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') {
            model.step(event.shiftKey ? 1 : -1);
          } else if (event.key === 'Escape') {
            model.search('');
          }
        }}
      />
      <span className="mf-LogCount" aria-live="polite">
        {matchCount}
      </span>
      <button
        className="mf-IconButton"
        title={trans.__('Previous match (Enter)')}
        disabled={ranges.length === 0}
        onClick={() => model.step(-1)}
      >
        <caretUpIcon.react tag="span" />
      </button>
      <button
        className="mf-IconButton"
        title={trans.__('Next match (Shift+Enter)')}
        disabled={ranges.length === 0}
        onClick={() => model.step(1)}
      >
        <caretDownIcon.react tag="span" />
      </button>
    </span>
  );
}

function LogActions(props: IControlsProps): JSX.Element {
  const { model, trans, openShell } = props;
  const { replica, downloadUrl } = model;
  return (
    <span className="mf-Inline mf-mod-end">
      {downloadUrl && (
        <a
          className="mf-IconButton"
          href={downloadUrl}
          download={`mofang-job-${model.jobId}-${model.selected}.log`}
          title={trans.__('Download the whole file')}
          aria-label={trans.__('Download')}
        >
          <downloadIcon.react tag="span" />
        </a>
      )}
      {openShell && (
        <button
          className="mf-TextButton"
          disabled={!replica?.shell_allowed}
          title={
            replica?.shell_allowed
              ? trans.__('Open a Cloud Shell in %1', model.selected)
              : trans.__('A Cloud Shell needs a running container of your own')
          }
          onClick={() => replica && openShell(replica)}
        >
          <terminalIcon.react tag="span" />
          {trans.__('Shell')}
        </button>
      )}
    </span>
  );
}

function status(model: LogModel, trans: TranslationBundle): string {
  if (!model.job) {
    return model.loader.problem || trans.__('Reading the job…');
  }
  if (!model.selected) {
    return trans.__('No container has started yet.');
  }
  switch (model.logState) {
    case 'reading':
      return trans.__('Reading…');
    case 'following':
      return trans.__('Live');
    case 'paused':
      return trans.__('Paused');
    case 'complete':
      return trans.__('Complete');
    case 'lost':
      return model.problem || trans.__('The connection was lost.');
  }
}
