/** Domain of this extension's translations. */
export const DOMAIN = 'mofang_files';

export namespace CommandIDs {
  /** Show what home and project take, and the largest directories. */
  export const showSpace = 'mofang-files:show-space';

  /** Show the previous versions of what is selected in the file browser. */
  export const showVersions = 'mofang-files:show-versions';

  /** Open what is active in the browser of data sources. */
  export const openEntry = 'mofang-files:open-data';

  /** Download the active object of a bucket. */
  export const downloadObject = 'mofang-files:download-object';

  /** Copy a link to this environment and the selected file. */
  export const copyLink = 'mofang-files:copy-link';

  /** Copy an example to the home, and open it; arguments: those of an `IExample`. */
  export const openExample = 'mofang-files:open-example';

  /** Copy the URL or path by which programs find what is active. */
  export const copyLocation = 'mofang-files:copy-data-location';
}
