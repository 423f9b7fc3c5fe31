import type { IThemeManager } from '@jupyterlab/apputils';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ITerminal } from '@jupyterlab/terminal';
import { Signal } from '@lumino/signaling';

/** Id of the plugin whose settings hold the options of all terminals. */
const TERMINAL_SETTINGS = '@jupyterlab/terminal-extension:plugin';

/** The user's terminal settings, with a signal for their changes. */
export class TerminalOptions {
  constructor(registry: ISettingRegistry | null, themes: IThemeManager | null) {
    themes?.themeChanged.connect(() => this.changed.emit());
    registry?.load(TERMINAL_SETTINGS).then(
      settings => {
        const read = () => {
          this.current = settings.composite as Partial<ITerminal.IOptions>;
          this.changed.emit();
        };
        settings.changed.connect(read);
        read();
      },
      () => undefined // Without the terminal extension its defaults serve.
    );
  }

  current: Partial<ITerminal.IOptions> = {};
  readonly changed = new Signal<this, void>(this);
}
