/**
 * The wire format of training jobs, as `mofang.models` defines it.
 */

export interface IResources {
  cpu: string;
  memory: string;
  gpu: number;
}

export interface IJobSpec {
  name: string;
  framework: string;
  image: string;
  /** Path in the container. */
  script: string;
  arguments: string[];
  working_directory: string;
  replicas: number;
  resources: IResources;
  environment: Record<string, string>;
  environment_name: string | null;
}

export interface IReplica {
  role: string;
  index: number;
  state: string;
  node: string | null;
  reason: string | null;
  exit_code: number | null;
  /** Whether this user may open a Cloud Shell in it now. */
  shell: boolean;
}

export type JobState =
  | 'Submitted'
  | 'Queued'
  | 'Running'
  | 'Succeeded'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled';

export interface IJob {
  id: string;
  project: string;
  owner: string;
  spec: IJobSpec;
  state: JobState;
  /** One sentence: why it waits, or how it ended. */
  reason: string | null;
  created: string;
  started: string | null;
  finished: string | null;
  replicas: IReplica[];
}

export interface IJobPage {
  jobs: IJob[];
  next: string | null;
}

export interface IJobEvent {
  type: 'added' | 'modified' | 'deleted';
  job: IJob;
}

/** What a form for a new job starts with. */
export interface IDefaults {
  project: string;
  environment: string;
  image: string;
  working_directory: string;
  /** Folder that the paths of JupyterLab's documents start from. */
  root: string;
  limits: {
    replicas: number;
    gpu: number;
    cpu: number;
    memory_min: number;
    memory_max: number;
  };
}

export function isFinal(state: JobState): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled';
}

/** What people call a replica: `worker-1`. */
export function replicaName(replica: { role: string; index: number }): string {
  return `${replica.role}-${replica.index}`;
}
