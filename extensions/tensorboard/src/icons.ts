import { LabIcon } from '@jupyterlab/ui-components';

import curves from '../style/icons/curves.svg';

/** Two curves: everything of TensorBoard. */
export const curvesIcon = new LabIcon({
  name: '@mofang/tensorboard:curves',
  svgstr: curves
});
