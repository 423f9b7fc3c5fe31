/** What the extension's own part of the notebook's server answers. */
import type { IPreview, IRoleRule } from '@mofang/shared';

/** What a form for a new job starts with. */
export interface IDefaults {
  project: string;
  environment: string;
  /** Frameworks whose jobs the server's environment can run, the usual one first. */
  environment_frameworks: readonly string[];
  image: string;
  working_directory: string;
  /** What jobs see of the server's files. */
  shared_directories: readonly string[];
  user: string;
  /** Address of the hub; empty off the platform. */
  hub_url: string;
  frameworks: Record<string, IRoleRule[]>;
  /** Folder that the paths of JupyterLab's documents start from. */
  root_dir: string;
  limits: {
    replicas: number;
    gpu: number;
    cpu: number;
    memory_min: number;
    memory_max: number;
  };
}

/** The service's preview, with what this server knows of its files. */
export interface ICheckedPreview extends IPreview {
  /** What is not there yet, by dotted path. */
  warnings?: Record<string, string>;
}

/** What a script reported. */
export type JobResult = Record<string, unknown>;
