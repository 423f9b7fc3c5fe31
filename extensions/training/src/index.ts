import { chartsPlugin } from './plugins/charts';
import { comparePlugin } from './plugins/compare';
import { formPlugin } from './plugins/form';
import { idlePlugin } from './plugins/idle';
import { jobsPlugin } from './plugins/jobs';
import { logInPlugin } from './plugins/logIn';
import { logsPlugin } from './plugins/logs';
import { meterPlugin } from './plugins/meter';
import { packagesPlugin } from './plugins/packages';
import { panelPlugin } from './plugins/panel';
import { safeModePlugin } from './plugins/safeMode';
import { submitPlugin } from './plugins/submit';

export * from './tokens';

export default [
  jobsPlugin,
  panelPlugin,
  formPlugin,
  idlePlugin,
  logInPlugin,
  logsPlugin,
  submitPlugin,
  chartsPlugin,
  comparePlugin,
  meterPlugin,
  packagesPlugin,
  safeModePlugin
];
