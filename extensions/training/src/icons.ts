import { LabIcon } from '@jupyterlab/ui-components';

import cancelled from '../style/icons/cancelled.svg';
import cube from '../style/icons/cube.svg';
import failed from '../style/icons/failed.svg';
import queued from '../style/icons/queued.svg';
import running from '../style/icons/running.svg';
import succeeded from '../style/icons/succeeded.svg';

/** The magic cube: everything of training jobs. */
export const cubeIcon = new LabIcon({
  name: '@mofang/training:cube',
  svgstr: cube
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
export const runningJobIcon = new LabIcon({
  name: '@mofang/training:running',
  svgstr: running
});
export const succeededIcon = new LabIcon({
  name: '@mofang/training:succeeded',
  svgstr: succeeded
});
