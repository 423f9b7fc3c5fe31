import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';

import { TrainingJobs } from '../jobs';
import { ITrainingJobs } from '../tokens';

export const jobsPlugin: JupyterFrontEndPlugin<ITrainingJobs> = {
  id: '@mofang/training:jobs',
  description: 'Provides the training jobs of this server’s project.',
  autoStart: true,
  provides: ITrainingJobs,
  activate: (app: JupyterFrontEnd) =>
    new TrainingJobs(app.serviceManager.serverSettings)
};
