import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { TranslationBundle } from '@jupyterlab/translation';

import { curvesIcon } from './icons';
import { CommandIDs } from './tokens';

/** Directories in the menu of the file browser's context. */
const DIRECTORIES = '.jp-DirListing-item[data-isdir="true"]';

/** Offer TensorBoard on the directories that are selected in the file browser. */
export function addBrowserEntry(
  app: JupyterFrontEnd,
  browser: IDefaultFileBrowser,
  trans: TranslationBundle
): void {
  const { contents } = app.serviceManager;
  const paths = (): string[] | null => {
    const items = [...browser.selectedItems()];
    const areShown = items.every(
      item => item.type === 'directory' && !contents.driveName(item.path)
    );
    return items.length > 0 && areShown ? items.map(item => item.path) : null;
  };
  app.commands.addCommand(CommandIDs.openSelected, {
    label: () =>
      (paths() ?? []).length > 1
        ? trans.__('Compare in TensorBoard')
        : trans.__('Open TensorBoard here'),
    icon: curvesIcon,
    isVisible: () => paths() !== null,
    execute: () => {
      const selected = paths();
      return selected
        ? app.commands.execute(CommandIDs.open, { paths: selected })
        : null;
    }
  });
  app.contextMenu.addItem({
    command: CommandIDs.openSelected,
    selector: DIRECTORIES,
    rank: 3.5
  });
}
