/** Domain of this extension's translations. */
export const DOMAIN = 'mofang_tensorboard';

export namespace CommandIDs {
  /**
   * Open a TensorBoard in a tab.
   *
   * Arguments: `logdir`, an absolute path, or `logdirs`, absolute paths by name, to
   * compare; `title`, what to call the tab. Without a directory the person is asked.
   */
  export const open = 'mofang-tensorboard:open';

  /** Open one on the directories that are selected in the file browser. */
  export const openSelected = 'mofang-tensorboard:open-selected';
}
