/** What a person changed of the packages that the image brought. */

import type { ITranslate } from './jobForm';

export interface IPackageChange {
  name: string;
  kind: 'added' | 'changed' | 'removed';
  /** Empty for one that was removed. */
  version: string;
  /** Empty for one that was added. */
  image_version: string;
}

/** As the server reports it. */
export interface IPackages {
  environment: string;
  path: string;
  state: 'ready' | 'creating' | 'absent';
  changes: IPackageChange[];
  /** Message about the last update, or empty. */
  notice: string;
}

/** What the status bar shows. */
export function packagesLabel(packages: IPackages, trans: ITranslate): string {
  if (packages.state === 'creating') {
    return trans.__('Packages: preparing…');
  }
  if (packages.state === 'absent') {
    return trans.__('Packages: unavailable');
  }
  const count = packages.changes.length;
  return count
    ? trans.__('Packages: %1 changed', String(count))
    : trans.__('Packages: unchanged');
}

/** The sentence above the list of changes. */
export function packagesSummary(
  packages: IPackages,
  trans: ITranslate
): string {
  if (packages.state === 'creating') {
    return trans.__(
      'The directory of your packages is being created. New kernels wait for it.'
    );
  }
  if (packages.state === 'absent') {
    return trans.__(
      'The directory of your packages does not exist, so kernels use those of the image. Make room in your home, then choose “Undo all changes” to create it.'
    );
  }
  return packages.changes.length
    ? trans.__('These packages differ from the image of the environment:')
    : trans.__('All packages are those of the image of the environment.');
}

/** Versions of a change, from the image's to the person's. */
export function changeText(change: IPackageChange, trans: ITranslate): string {
  switch (change.kind) {
    case 'added':
      return trans.__('%1 added', change.version);
    case 'removed':
      return trans.__('%1 removed', change.image_version);
    case 'changed':
      return change.version === change.image_version
        ? trans.__('%1 reinstalled', change.version)
        : trans.__('%1 → %2', change.image_version, change.version);
  }
}
