import type { TranslationBundle } from '@jupyterlab/translation';

import type { IJob } from '../model/wire';
import type { IPanelModel } from './model';

/** What each part of a job's details is given. */
export interface IDetailProps {
  job: IJob;
  model: IPanelModel;
  trans: TranslationBundle;
}
