import { LabIcon } from '@jupyterlab/ui-components';

import alert from '../style/icons/alert.svg';
import cancelled from '../style/icons/cancelled.svg';
import cube from '../style/icons/cube.svg';
import failed from '../style/icons/failed.svg';
import queued from '../style/icons/queued.svg';
import restarting from '../style/icons/restarting.svg';
import running from '../style/icons/running.svg';
import succeeded from '../style/icons/succeeded.svg';

/** The magic cube: everything of training jobs. */
export const cubeIcon = new LabIcon({
  name: '@mofang/training:cube',
  svgstr: cube
});
export const alertIcon = new LabIcon({
  name: '@mofang/training:alert',
  svgstr: alert
});
export const cancelledIcon = new LabIcon({
  name: '@mofang/training:cancelled',
  svgstr: cancelled
});
export const failedIcon = new LabIcon({
  name: '@mofang/training:failed',
  svgstr: failed
});
export const queuedIcon = new LabIcon({
  name: '@mofang/training:queued',
  svgstr: queued
});
export const restartingIcon = new LabIcon({
  name: '@mofang/training:restarting',
  svgstr: restarting
});
export const runningJobIcon = new LabIcon({
  name: '@mofang/training:running',
  svgstr: running
});
export const succeededIcon = new LabIcon({
  name: '@mofang/training:succeeded',
  svgstr: succeeded
});
