/** Domain of this extension's translations. */
export const DOMAIN = 'mofang_files';

export namespace CommandIDs {
  /** Show what home and project take, and the largest directories. */
  export const showSpace = 'mofang-files:show-space';

  /** Show the previous versions of what is selected in the file browser. */
  export const showVersions = 'mofang-files:show-versions';
}
