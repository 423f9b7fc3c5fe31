import { chartsPlugin } from './plugins/charts';
import { comparePlugin } from './plugins/compare';
import { formPlugin } from './plugins/form';
import { idlePlugin } from './plugins/idle';
import { jobsPlugin } from './plugins/jobs';
import { launcherPlugin } from './plugins/launcher';
import { logInPlugin } from './plugins/logIn';
import { logsPlugin } from './plugins/logs';
import { meterPlugin } from './plugins/meter';
import { packagesPlugin } from './plugins/packages';
import { panelPlugin } from './plugins/panel';
import { safeModePlugin } from './plugins/safeMode';
import { saveEnvironmentPlugin } from './plugins/saveEnvironment';
import { sizePlugin } from './plugins/size';
import { submitPlugin } from './plugins/submit';

export * from './tokens';

export default [
  jobsPlugin,
  panelPlugin,
  formPlugin,
  idlePlugin,
  launcherPlugin,
  logInPlugin,
  logsPlugin,
  submitPlugin,
  chartsPlugin,
  comparePlugin,
  meterPlugin,
  packagesPlugin,
  safeModePlugin,
  saveEnvironmentPlugin,
  sizePlugin
];
