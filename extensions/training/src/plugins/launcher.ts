import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';

const CREATE = 'launcher:create';

/**
 * JupyterLab makes a launcher itself, once it has saved the workspace, which it puts off
 * by 0.75 s, and has listed the files again. By then there is one, and it makes none.
 */
export const launcherPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/training:launcher',
  description: 'Shows the launcher as soon as the layout is restored.',
  autoStart: true,
  optional: [ILabShell],
  activate: (app: JupyterFrontEnd, shell: ILabShell | null) => {
    // Where the address names a file, that is opened in place of a launcher.
    if (shell === null || PageConfig.getOption('treePath') !== '') {
      return;
    }
    void app.restored.then(() => {
      if (shell.isEmpty('main') && app.commands.hasCommand(CREATE)) {
        void app.commands.execute(CREATE);
      }
    });
  }
};
