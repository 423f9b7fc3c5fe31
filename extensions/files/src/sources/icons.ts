import { fileIcon, folderIcon, LabIcon } from '@jupyterlab/ui-components';

import bucket from '../../style/icons/bucket.svg';
import data from '../../style/icons/data.svg';
import type { Entry } from './model';

export const bucketIcon = new LabIcon({
  name: '@mofang/files:bucket',
  svgstr: bucket
});

/** Of the side panel. */
export const dataIcon = new LabIcon({
  name: '@mofang/files:data',
  svgstr: data
});

/** Icon of an entry's kind. */
export function entryIcon(entry: Entry): LabIcon {
  switch (entry.kind) {
    case 'source':
      return entry.source.kind === 'bucket' ? bucketIcon : folderIcon;
    case 'directory':
      return folderIcon;
    case 'object':
      return fileIcon;
  }
}
