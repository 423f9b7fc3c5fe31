/** Messages about a server in safe mode. Pure. */
import type { ITranslate } from './jobForm';

/** Name of the page's option, as the server extension sets it. */
export const PAGE_OPTION = 'mofangSafeMode';

export interface ISafeMode {
  /** Why the last start failed; empty if that is not known. */
  failure: string;
  /** The person's files that a normal start reads, the likeliest cause first. */
  files: string[];
}

/** Null where the server is not in safe mode. */
export function readSafeMode(option: string): ISafeMode | null {
  return option ? (JSON.parse(option) as ISafeMode) : null;
}

export function safeModeText({ files }: ISafeMode, trans: ITranslate): string {
  const [first] = files;
  return first
    ? trans.__(
        'Your Jupyter configuration and packages are not loaded. Fix %1, then stop this server and start it normally.',
        first
      )
    : trans.__(
        'Your Jupyter configuration and packages are not loaded. Fix or reset them, then stop this server and start it normally.'
      );
}

/** As JupyterLab names a file: from the server's root, which is the container's. */
export function documentPath(file: string): string {
  return file.replace(/^\/+/, '');
}
