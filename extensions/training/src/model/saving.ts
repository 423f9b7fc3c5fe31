/** Saving what is installed as an environment that others can start from. */

import type { ITranslate } from './jobForm';

export interface ISavedVersion {
  version: number;
  notes: string;
  user: string;
  phase: 'Storing' | 'Ready' | 'Failed';
  packages: number;
}

export interface ISavedEnvironment {
  name: string;
  title: string;
  owner: string;
  base: string;
  visibility: Visibility;
  current: number;
  versions: ISavedVersion[];
}

export type Visibility = 'private' | 'project' | 'everyone';

export interface IRemark {
  name: string;
  message: string;
  /** Whether the saved environment lacks it. */
  is_left_out: boolean;
}

/** What would be saved, as the server reports it. */
export interface ISavingPreview {
  /** Of this server. */
  environment: string;
  packages: { name: string; version: string; source: string }[];
  remarks: IRemark[];
  bytes: number;
  environments: ISavedEnvironment[];
}

export interface ISavingState {
  state: 'idle' | 'packing' | 'storing' | 'saved' | 'failed';
  /** Packages that are packed. */
  done: number;
  all: number;
  message: string;
  name: string;
  version: number;
}

/** What a person wants to save; `name` is that of an environment of theirs. */
export interface ISavingRequest {
  name: string;
  title: string;
  notes: string;
  visibility: Visibility;
}

export const VISIBILITIES: Visibility[] = ['private', 'project', 'everyone'];

export function visibilityText(
  visibility: Visibility,
  trans: ITranslate
): string {
  switch (visibility) {
    case 'private':
      return trans.__('Only me');
    case 'project':
      return trans.__('Members of the project');
    case 'everyone':
      return trans.__('Everyone, once an administrator agrees');
  }
}

/** Environments that this can be a new version of: the person's own, of this base. */
export function ownEnvironments(
  preview: ISavingPreview,
  user: string
): ISavedEnvironment[] {
  const current = preview.environments.find(
    each => each.name === preview.environment
  );
  const base = current?.base ?? preview.environment;
  return preview.environments.filter(
    each => each.owner === user && each.base === base
  );
}

/** What the form begins with: a new version of the environment that runs, if it can be. */
export function firstRequest(
  preview: ISavingPreview,
  user: string
): ISavingRequest {
  const own = ownEnvironments(preview, user);
  const running = own.find(each => each.name === preview.environment);
  return {
    name: running?.name ?? '',
    title: '',
    notes: '',
    visibility: running?.visibility ?? 'private'
  };
}

export function sizeText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** Where it is, in a sentence. */
export function progressText(saving: ISavingState, trans: ITranslate): string {
  switch (saving.state) {
    case 'storing':
      return trans.__('Storing the packages…');
    case 'saved':
      return trans.__(
        'Saved as %1, version %2. It is in the gallery.',
        saving.name,
        String(saving.version)
      );
    case 'failed':
      return saving.message;
    default:
      return saving.all
        ? trans.__(
            'Packing the packages: %1 of %2…',
            String(saving.done),
            String(saving.all)
          )
        : trans.__('Looking at the packages…');
  }
}
