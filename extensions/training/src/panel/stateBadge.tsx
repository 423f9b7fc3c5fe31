import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import {
  cancelledIcon,
  failedIcon,
  queuedIcon,
  restartingIcon,
  runningJobIcon,
  succeededIcon
} from '../icons';

/** A state as icon and text, not by colour alone. */
export function StateBadge(props: {
  state: string;
  trans: TranslationBundle;
}): JSX.Element {
  const Icon = (ICONS[props.state] ?? queuedIcon).react;
  return (
    <span className="mf-Badge" data-state={props.state}>
      <Icon tag="span" className="mf-BadgeIcon" />
      {stateName(props.state, props.trans)}
    </span>
  );
}

const ICONS: Record<string, typeof queuedIcon> = {
  Running: runningJobIcon,
  Restarting: restartingIcon,
  Succeeded: succeededIcon,
  Failed: failedIcon,
  Cancelling: cancelledIcon,
  Cancelled: cancelledIcon
};

/** Display name of a state. */
export function stateName(state: string, trans: TranslationBundle): string {
  switch (state) {
    case 'Submitted':
      return trans.__('Submitted');
    case 'Queued':
      return trans.__('Queued');
    case 'Pending':
      return trans.__('Pending');
    case 'Running':
      return trans.__('Running');
    case 'Restarting':
      return trans.__('Restarting');
    case 'Succeeded':
      return trans.__('Succeeded');
    case 'Failed':
      return trans.__('Failed');
    case 'Cancelling':
      return trans.__('Cancelling');
    case 'Cancelled':
      return trans.__('Cancelled');
    default:
      return trans.__('Unknown');
  }
}
