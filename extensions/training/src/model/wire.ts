/**
 * The wire format of training jobs, as `mofang_api.models` defines it.
 */
import type { ExactNumber } from './exactJson';

export interface IResources {
  cpu: string;
  memory: string;
  gpu: number;
}

export type PassAs = 'parameter' | 'environment';
export type Priority = 'low' | 'normal' | 'high';
export type HangPolicy = 'off' | 'notify' | 'restart';
export type Parameter = string | ExactNumber | boolean;

/** What a job asks for one of its roles; null for what the job asks for all. */
export interface IRoleSpec {
  replicas: number | null;
  resources: IResources | null;
}

export interface IInput {
  /** Such as `data_url`. */
  name: string;
  path: string;
  pass_as: PassAs;
}

export interface IOutput extends IInput {
  /** Written to the scratch disk and copied to its path. */
  staged: boolean;
  /** What the path holds is there at the start; of staged outputs only. */
  preload: boolean;
}

/** Code as it was when the job was submitted. */
export interface ICodeSource {
  directory: string;
  snapshot: string;
}

/** Where a secret variable's value is kept. */
export interface ISecretKey {
  secret: string;
  key: string;
}

export interface IRestart {
  limit: number;
  include_script_failures: boolean;
}

export interface IJobSpec {
  name: string;
  framework: string;
  /** Null for the first that runs the framework. */
  engine: string | null;
  /** Empty for that of the environment named, as it is at the submission. */
  image: string;
  /** Path in the container; empty where there is a command. */
  script: string;
  command: string[];
  arguments: string[];
  hyperparameters: Record<string, Parameter>;
  /** Hyper-parameters without a value. */
  flags: string[];
  working_directory: string;
  code: ICodeSource | null;
  requirements: string | null;
  inputs: IInput[];
  outputs: IOutput[];
  /** Of the framework's main role. */
  replicas: number;
  resources: IResources;
  roles: Record<string, IRoleSpec>;
  processes_per_replica: number | null;
  environment: Record<string, string>;
  secrets: Record<string, ISecretKey>;
  run_as_user: number;
  priority: Priority;
  restart: IRestart | null;
  hang_policy: HangPolicy;
  hold_on_failure_minutes: number;
  /** Null where an image is named that is not known to be an environment's. */
  environment_name: string | null;
  /** Id of the job that this one repeats with changes. */
  rerun_of: string | null;
}

export interface IReplica {
  role: string;
  index: number;
  state: string;
  node: string | null;
  reason: string | null;
  exit_code: number | null;
  /** Whether this user may open a Cloud Shell in it now. */
  shell_allowed: boolean;
  /** Until when the container of a failed replica stays for a look. */
  held_until: string | null;
}

/** Where a job stands among those of its project that wait to be let in. */
export interface IQueuePosition {
  position: number;
  length: number;
}

export interface IRestartRecord {
  /** Which try ended; the first is 1. */
  attempt: number;
  at: string;
  cause: string;
  replica: string | null;
  node: string | null;
  platform_failure: boolean;
  /** Whether later tries keep off that machine. */
  node_excluded: boolean;
}

export type JobState =
  | 'Submitted'
  | 'Queued'
  | 'Running'
  | 'Restarting'
  | 'Succeeded'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled';

export interface IJob {
  id: string;
  project: string;
  owner: string;
  spec: IJobSpec;
  /** Which resource runs it, such as `PyTorchJob`. */
  workload_kind: string;
  state: JobState;
  /** One sentence: why it waits, or how it ended. */
  reason: string | null;
  created: string;
  started: string | null;
  finished: string | null;
  attempt: number;
  restarts: IRestartRecord[];
  /** Null once it was let in. */
  queue: IQueuePosition | null;
  /** One sentence when a running job seems to hang. */
  alert: string | null;
  replicas: IReplica[];
}

export interface IJobPage {
  jobs: IJob[];
  next: string | null;
  /** How many jobs there are on all pages. */
  total: number | null;
}

/** Which jobs of a list are wanted. */
export interface IJobFilter {
  states: readonly JobState[];
  owner: string;
  framework: string;
  /** Part of the name or the id. */
  search: string;
}

/** One curve; null where nothing was measured. */
export interface ISeries {
  /** cpu (cores), memory, gpu_memory (bytes), gpu (percent), read, write,
   * received, sent (bytes per second). */
  name: string;
  values: (number | null)[];
  limit: number | null;
}

export interface IReplicaMetrics {
  role: string;
  index: number;
  times: string[];
  series: ISeries[];
  /** Why there is nothing, where there is nothing. */
  note: string | null;
}

export interface IJobMetrics {
  replicas: IReplicaMetrics[];
}

/** What a job takes of one resource of its project's quota. */
export interface IQuotaCost {
  /** cpu (cores), memory (bytes), gpu, pods. */
  resource: string;
  requested: number;
  used: number;
  limit: number | null;
}

/** What a job would be, before it is submitted. */
export interface IPreview {
  /** YAML. */
  manifest: string;
  workload_kind: string;
  cost: IQuotaCost[];
  notes: string[];
  /** A sentence for each field that must change, by dotted path. */
  fields: Record<string, string>;
  /** Of this server, not of the service: what is not there yet, by dotted path. */
  warnings?: Record<string, string>;
}

/** The notebook server in which a job can be looked into. */
export interface IDebugServer {
  server: string;
  /** Beneath the hub's address. */
  path: string;
  note: string | null;
}

/** What a script reported. */
export type JobResult = Record<string, unknown>;

/** One role of a framework. */
export interface IRoleRule {
  name: string;
  min_replicas: number;
  max_replicas: number;
  default_replicas: number;
  /** Whether the job's own number of replicas counts this role's. */
  primary: boolean;
  gpu_allowed: boolean;
  /** A role whose jobs have one of this, unless they say otherwise; empty for none. */
  required_by: string;
  description: string;
}

export interface IJobEvent {
  type: 'added' | 'modified' | 'deleted';
  job: IJob;
}

/** One environment whose image jobs may run. */
export interface IEnvironment {
  name: string;
  display_name: string;
  description: string;
  /** Frameworks whose jobs it can run. */
  frameworks: readonly string[];
  /** Full reference. */
  image: string;
  /** One sentence while its image is not on the platform's nodes. */
  unavailable_reason: string | null;
}

export interface IEnvironments {
  environments: readonly IEnvironment[];
  /** Whether jobs may run an image that no environment has. */
  allow_any_image: boolean;
}

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

export function isFinal(state: JobState): boolean {
  return state === 'Succeeded' || state === 'Failed' || state === 'Cancelled';
}

/** What people call a replica: `worker-1`. */
export function replicaName(replica: { role: string; index: number }): string {
  return `${replica.role}-${replica.index}`;
}
