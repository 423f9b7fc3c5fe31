import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  IThemeManager,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITerminal } from '@jupyterlab/terminal';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { terminalIcon } from '@jupyterlab/ui-components';

import { shellChoices, type ITarget, targetOf, terminalName } from '../model';
import { TerminalOptions } from '../options';
import { JobReader, shellTerminals } from '../request';
import { CommandIDs, DOMAIN } from '../tokens';
import { ShellWidget } from '../widget';

export const shellPlugin: JupyterFrontEndPlugin<void> = {
  id: '@mofang/cloudshell:shell',
  description: 'Opens terminals in the containers of training jobs.',
  autoStart: true,
  optional: [
    ITranslator,
    ICommandPalette,
    ILauncher,
    ILayoutRestorer,
    ISettingRegistry,
    IThemeManager
  ],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null,
    themes: IThemeManager | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { serverSettings } = app.serviceManager;
    const jobs = new JobReader(serverSettings);
    const terminals = shellTerminals(serverSettings);
    const options = new TerminalOptions(registry, themes);
    const tracker = new WidgetTracker<ShellWidget>({
      namespace: 'mofang-cloudshell'
    });
    options.changed.connect(() =>
      tracker.forEach(shell => apply(options.current, shell))
    );

    const open = (target: ITarget): ShellWidget => {
      const shell = new ShellWidget({
        target,
        jobs,
        terminals,
        terminalOptions: () => options.current,
        translator: translator ?? nullTranslator,
        trans
      });
      shell.id = `mofang-cloudshell-${Date.now()}`;
      shell.changed.connect(() => void tracker.save(shell));
      void tracker.add(shell);
      app.shell.add(shell, 'main');
      return shell;
    };

    app.commands.addCommand(CommandIDs.open, {
      label: args =>
        args.isLauncher
          ? trans.__('Cloud Shell')
          : trans.__('Open Cloud Shell…'),
      caption: trans.__('A terminal in a container of a training job'),
      icon: terminalIcon,
      execute: async args => {
        const target = targetOf(args) ?? (await ask(jobs, trans));
        if (!target) {
          return null;
        }
        const name = terminalName(target);
        const shell =
          tracker.find(each => terminalName(each.target) === name) ??
          open(target);
        if (shell.status === 'ended') {
          shell.reconnect();
        }
        app.shell.activateById(shell.id);
        return shell;
      }
    });
    palette?.addItem({
      command: CommandIDs.open,
      category: trans.__('Training')
    });
    launcher?.add({
      command: CommandIDs.open,
      args: { isLauncher: true },
      category: trans.__('Mofang'),
      rank: 2
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.open,
      args: shell => ({ ...shell.target }),
      name: shell => terminalName(shell.target)
    });
  }
};

/** Let the person choose among the containers that run now. */
async function ask(
  jobs: JobReader,
  trans: TranslationBundle
): Promise<ITarget | null> {
  let open;
  try {
    open = shellChoices(await jobs.list());
  } catch (reason) {
    Notification.error(
      reason instanceof Error ? reason.message : String(reason),
      { autoClose: false }
    );
    return null;
  }
  if (open.length === 0) {
    Notification.info(
      trans.__(
        'No container of yours runs now. A Cloud Shell opens in a running training job.'
      ),
      { autoClose: 6000 }
    );
    return null;
  }
  const { value, button } = await InputDialog.getItem({
    title: trans.__('Open a Cloud Shell'),
    label: trans.__('Container'),
    okLabel: trans.__('Open'),
    items: open.map(choice => choice.label)
  });
  const chosen = open.find(choice => choice.label === value);
  return button.accept && chosen ? chosen.target : null;
}

/** Apply changed settings to an open terminal. */
function apply(current: Partial<ITerminal.IOptions>, shell: ShellWidget): void {
  const { terminal } = shell;
  void terminal?.ready.then(() => {
    for (const [option, value] of Object.entries(current)) {
      if (option !== 'closeOnExit' && option !== 'shutdownOnClose') {
        terminal.setOption(option as keyof ITerminal.IOptions, value as never);
      }
    }
  });
}
