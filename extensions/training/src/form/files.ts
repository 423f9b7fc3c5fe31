import { Notification } from '@jupyterlab/apputils';
import { FileDialog, type IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDocumentManager } from '@jupyterlab/docmanager';

import {
  notebookScript,
  scriptPath,
  type ILeftOut
} from '../model/notebookScript';
import { checkReplaceable } from './scriptFile';
import type { IFormFiles } from './submission';

interface INotebook {
  cells: { cell_type: string; source: string }[];
}

/** The files of JupyterLab, for the form. */
export class FormFiles implements IFormFiles {
  constructor(
    private _manager: IDocumentManager,
    private _browser: IDefaultFileBrowser | null,
    private _trans: TranslationBundle
  ) {}

  async pick(): Promise<string | null> {
    const { value, button } = await FileDialog.getOpenFiles({
      manager: this._manager,
      title: this._trans.__('What the job runs'),
      label: this._trans.__('A Python file, or a notebook'),
      defaultPath: this._browser?.model.path,
      filter: model =>
        model.type === 'directory' || /\.(py|sh|ipynb)$/.test(model.name)
          ? {}
          : null
    });
    const [file] = value ?? [];
    return button.accept && file?.type !== 'directory'
      ? (file?.path ?? null)
      : null;
  }

  /**
   * Write the notebook's code beside it, as it is in the open document if there is
   * one. A file of that name that was not made here is left alone.
   */
  async convert(notebookPath: string): Promise<string> {
    const { contents } = this._manager.services;
    const path = scriptPath(notebookPath);
    await checkReplaceable(contents, path, this._trans);
    const { cells } = await this._read(contents, notebookPath);
    const name = notebookPath.split('/').pop() ?? notebookPath;
    const { source, leftOut } = notebookScript(cells, name);
    await contents.save(path, {
      type: 'file',
      format: 'text',
      content: source
    });
    this._notifyLeftOut(leftOut, path);
    return path;
  }

  /** Save the document as a person would; what is not open lies there already. */
  async save(path: string): Promise<void> {
    const widget = this._manager.findWidget(path);
    const context = widget && this._manager.contextForWidget(widget);
    if (context?.isReady && context.model.dirty) {
      await context.save();
    }
  }

  private async _read(
    contents: Contents.IManager,
    path: string
  ): Promise<INotebook> {
    const widget = this._manager.findWidget(path);
    const context = widget && this._manager.contextForWidget(widget);
    if (context?.isReady) {
      return context.model.toJSON() as unknown as INotebook;
    }
    const model = await contents.get(path, { type: 'notebook', content: true });
    return model.content as INotebook;
  }

  private _notifyLeftOut(cells: readonly ILeftOut[], path: string): void {
    if (cells.length > 0) {
      const named = cells.map(({ position, magic }) =>
        this._trans.__('cell %1 (%2)', String(position), magic)
      );
      Notification.warning(
        this._trans.__(
          '%1 leaves out what is not Python: %2. Write it in Python, or run the notebook itself, if the job needs it.',
          path,
          named.join(', ')
        ),
        { autoClose: false }
      );
    }
  }
}
