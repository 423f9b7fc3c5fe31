import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob } from '@mofang/shared';

import type { IPanelModel } from './model';

/** Props of each part of a job's details. */
export interface IDetailProps {
  job: IJob;
  model: IPanelModel;
  trans: TranslationBundle;
}
