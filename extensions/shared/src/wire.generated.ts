/**
 * The wire format of training jobs, as mofang_api.models defines it.
 *
 * Made from schema/wire.json by scripts/wire.mjs; `make wire` writes both.
 */
import type { Parameter } from './parameter';

/**
 * A directory of code, used as it was when the job was submitted.
 */
export interface ICodeSource {
  /**
   * Where it was copied from; absolute.
   */
  directory: string;
  /**
   * SHA-256 of the archive `.mofang/code/<snapshot>.tar` in the owner's home.
   */
  snapshot: string;
}

/**
 * The notebook server in which a job can be looked into.
 */
export interface IDebugServer {
  /**
   * Its name among the caller's servers.
   */
  server: string;
  /**
   * What starts or opens it, beneath the hub's address and without a slash.
   */
  path: string;
  /**
   * What differs from the job, in a sentence.
   */
  note: string | null;
}

/**
 * One environment of the catalogue, as it is now.
 */
export interface IEnvironment {
  /**
   * What `JobSpec.environment` takes.
   */
  name: string;
  display_name: string;
  description: string;
  /**
   * Frameworks whose jobs it can run.
   */
  frameworks: string[];
  /**
   * Full reference.
   */
  image: string;
  resources: IEnvironmentResources;
  /**
   * One sentence while its image is not on the platform's nodes; None when it is.
   */
  unavailable_reason: string | null;
}

/**
 * The environments that the caller may use in a project, in the gallery's order.
 */
export interface IEnvironmentList {
  environments: IEnvironment[];
  /**
   * Whether a job may run an image that no environment has.
   */
  allow_any_image: boolean;
}

/**
 * The sizes of an environment's servers; jobs say their own.
 */
export interface IEnvironmentResources {
  cpu: IQuantityBounds;
  memory: IQuantityBounds;
  gpu: IGpuBounds;
}

/**
 * The body of a response with a status of 400 or above.
 */
export interface IErrorBody {
  /**
   * A code for programs: `invalid`, `not_found`.
   */
  error: string;
  /**
   * A sentence for people: what was wrong, what to do.
   */
  message: string;
  /**
   * A sentence for each field of the request that must change, by dotted path.
   */
  fields: {
    [k: string]: string;
  };
}

/**
 * How many GPUs a server of the environment gets.
 */
export interface IGpuBounds {
  default: number;
  min: number;
  max: number;
}

/**
 * What happens when a job makes no progress any more.
 */
export type HangPolicy = 'off' | 'notify' | 'restart';

/**
 * A place the script reads from.
 */
export interface IInput {
  /**
   * Such as `data_url`.
   */
  name: string;
  /**
   * Absolute, or a place in a data source of the project: `source://<name>/<path>`, or a URL of S3. The script gets the directory below `/data` or the URL.
   */
  path: string;
  pass_as: PassAs;
}

/**
 * A training job as the service sees it.
 */
export interface IJob {
  id: string;
  project: string;
  owner: string;
  spec: IJobSpec;
  /**
   * Which resource runs it, such as `PyTorchJob`.
   */
  workload_kind: string;
  state: JobState;
  /**
   * One sentence: why it waits, or how it ended.
   */
  reason: string | null;
  created: string;
  started: string | null;
  finished: string | null;
  attempt: number;
  restarts: IRestartRecord[];
  /**
   * None once the job was let in.
   */
  queue: IQueuePosition | null;
  /**
   * One sentence when a running job seems to hang.
   */
  alert: string | null;
  replicas: IReplica[];
  /**
   * What each replica may write to `/cache`, by role; a role without one is left out.
   */
  cache_bytes: {
    [k: string]: number;
  };
}

/**
 * One change, as the watch tells it.
 */
export interface IJobEvent {
  type: 'added' | 'modified' | 'deleted';
  job: IJob;
}

/**
 * One page of a project's jobs, newest first.
 */
export interface IJobList {
  jobs: IJob[];
  /**
   * What to send as `after` for the next page; None on the last one.
   */
  next: string | null;
  /**
   * How many jobs there are on all pages.
   */
  total: number | null;
}

/**
 * The curves of a job's replicas.
 */
export interface IJobMetrics {
  replicas: IReplicaMetrics[];
}

/**
 * A training job as its owner asks for it.
 */
export interface IJobSpec {
  name: string;
  framework: string;
  /**
   * None for the first of the platform's that runs the framework.
   */
  engine: string | null;
  /**
   * Full reference of the image all replicas run; empty for that of the environment that `environment` names, as it is at the submission.
   */
  image: string;
  /**
   * Path in the container; a relative one starts at the working directory. A notebook (.ipynb) is run by papermill. Empty where there is a command.
   */
  script: string;
  /**
   * What each replica (where mpirun starts them: each rank) runs instead of a script, word by word; no shell reads it.
   */
  command: string[];
  arguments: string[];
  /**
   * Passed after the arguments as `--name=value`.
   */
  hyperparameters: {
    [k: string]: Parameter;
  };
  /**
   * Hyper-parameters without a value, passed as `--name`; a notebook gets True.
   */
  flags: string[];
  working_directory: string;
  /**
   * A snapshot that takes the place of its directory; None to use code in place.
   */
  code: ICodeSource | null;
  /**
   * Path of a requirements file whose packages are installed before the start.
   */
  requirements: string | null;
  inputs: IInput[];
  outputs: IOutput[];
  /**
   * Of the framework's main role, its workers; `roles` may ask for none.
   */
  replicas: number;
  /**
   * Of each replica whose role says nothing else.
   */
  resources: IResources;
  roles: {
    [k: string]: IRoleSpec;
  };
  /**
   * None for one per GPU, and one where there is none.
   */
  processes_per_replica: number | null;
  /**
   * Variables of the job's containers; never a place for secrets.
   */
  env: {
    [k: string]: string;
  };
  /**
   * Variables whose values come from the project's Kubernetes Secrets.
   */
  secrets: {
    [k: string]: ISecretKey;
  };
  run_as_user: number;
  priority: Priority;
  restart: IRestart | null;
  hang_policy: HangPolicy;
  /**
   * How long a failed replica's container is held for debugging; it keeps its share of the quota so long.
   */
  hold_on_failure_minutes: number;
  /**
   * The environment (template) whose image is run; None where an image is named that is not known to be one's. Of an admitted job both are there.
   */
  environment: string | null;
  /**
   * Id of the job this one repeats with changes.
   */
  rerun_of: string | null;
}

/**
 * Where a job is in its life.
 */
export type JobState =
  | 'Submitted'
  | 'Queued'
  | 'Running'
  | 'Restarting'
  | 'Succeeded'
  | 'Failed'
  | 'Cancelling'
  | 'Cancelled';

/**
 * What a project's jobs have written to the storage of logs, and the caller's.
 *
 * It is no part of anybody's home, nor of the project's directory.
 */
export interface ILogUsage {
  /**
   * Of all jobs of the project; None while nobody has counted.
   */
  bytes: number | null;
  /**
   * False where counting was ended early: `bytes` is a minimum value then.
   */
  complete: boolean;
  /**
   * What they may take together, in bytes; None for no limit.
   */
  limit: number | null;
  /**
   * Whether the file system sees to the limit.
   */
  enforced: boolean;
  /**
   * Of the caller's jobs.
   */
  own_bytes: number;
  /**
   * As `complete`, of the caller's jobs.
   */
  own_complete: boolean;
  /**
   * How many of the caller's jobs there are, ended ones too.
   */
  own_jobs: number;
}

/**
 * A place the script writes to; a directory is made where it is missing.
 */
export interface IOutput {
  /**
   * Such as `train_url`.
   */
  name: string;
  /**
   * As that of an input. Nothing is made in a bucket; the script writes to its URL.
   */
  path: string;
  pass_as: PassAs;
  /**
   * Whether the script writes to the fast scratch disk, from where files are copied to `path` while it runs and when it ends.
   */
  staged: boolean;
  /**
   * Whether what `path` holds already is there at the start; only a staged output starts empty without it.
   */
  preload: boolean;
}

/**
 * How a script hears of a place.
 */
export type PassAs = 'parameter' | 'environment';

/**
 * What a job would be, before it is submitted.
 */
export interface IPreview {
  /**
   * The object that would be created, as YAML.
   */
  manifest: string;
  /**
   * Which resource would run it, such as `PyTorchJob`.
   */
  workload_kind: string;
  cost: IQuotaCost[];
  /**
   * Sentences about where it would run and what it would wait for.
   */
  notes: string[];
  /**
   * What each replica may write to `/cache`, by role; a role without one is left out.
   */
  cache_bytes: {
    [k: string]: number;
  };
  /**
   * A sentence for each field that must change before it can be submitted.
   */
  fields: {
    [k: string]: string;
  };
}

/**
 * Which of a project's waiting jobs is let in first.
 */
export type Priority = 'low' | 'normal' | 'high';

/**
 * How much of something a server of the environment gets, as quantities.
 */
export interface IQuantityBounds {
  default: string;
  min: string | null;
  max: string | null;
}

/**
 * Where a job stands among those that wait to be let in.
 */
export interface IQueuePosition {
  /**
   * 1 for the next.
   */
  position: number;
  /**
   * How many jobs of the project wait.
   */
  length: number;
}

/**
 * What a job takes of one resource of its project's quota.
 */
export interface IQuotaCost {
  /**
   * `cpu` (cores), `memory` (bytes), `gpu`, `ephemeral_storage` (bytes), `pods`.
   */
  resource: string;
  requested: number;
  /**
   * In use by everything that runs now.
   */
  used: number;
  /**
   * None where the project has no limit.
   */
  limit: number | null;
}

/**
 * One container of a job, as it was last seen.
 */
export interface IReplica {
  role: string;
  index: number;
  state: string;
  node: string | null;
  reason: string | null;
  exit_code: number | null;
  /**
   * Whether the caller may open a Cloud Shell in it now.
   */
  shell_allowed: boolean;
  /**
   * Until when the container of a failed replica is held for debugging.
   */
  held_until: string | null;
}

/**
 * The curves of one replica.
 */
export interface IReplicaMetrics {
  role: string;
  index: number;
  times: string[];
  series: ISeries[];
  /**
   * Why there is nothing, where there is nothing.
   */
  note: string | null;
}

/**
 * What each replica of a role gets; of CPU it may borrow what is free.
 */
export interface IResources {
  /**
   * Cores as a Kubernetes quantity: `500m`, `2`.
   */
  cpu: string;
  /**
   * Bytes as a Kubernetes quantity: `512Mi`, `1.5Gi`; rounded up.
   */
  memory: string;
  gpu: number;
}

/**
 * When a failed job starts again, all replicas together (J9).
 */
export interface IRestart {
  /**
   * Restarts in all.
   */
  limit: number;
  /**
   * Whether failures of the script count too, and not those of the platform alone; then three in a row are the end.
   */
  include_script_failures: boolean;
}

/**
 * One restart of a job.
 */
export interface IRestartRecord {
  /**
   * Which try ended; the first is 1.
   */
  attempt: number;
  at: string;
  /**
   * One sentence.
   */
  cause: string;
  /**
   * Whose failure it was, such as `worker-1`.
   */
  replica: string | null;
  /**
   * Where that one ran.
   */
  node: string | null;
  /**
   * Whether it was no fault of the script: a lost machine, an eviction for others, a hang.
   */
  platform_failure: boolean;
  /**
   * Whether later tries keep off that machine.
   */
  node_excluded: boolean;
}

/**
 * One role of a framework.
 */
export interface IRoleRule {
  name: string;
  min_replicas: number;
  max_replicas: number;
  default_replicas: number;
  /**
   * Whether `JobSpec.replicas` counts its replicas.
   */
  primary: boolean;
  /**
   * Whether its replicas may ask for GPUs; others run on CPU nodes (J2, J3).
   */
  gpu_allowed: boolean;
  /**
   * Another role: a job that has some of that one gets one of this one, unless it says otherwise.
   */
  required_by: string;
  /**
   * What several of its replicas are called, where that is not its name.
   */
  plural: string;
  description: string;
}

/**
 * What a job asks for one of its roles, where it differs from the rest.
 */
export interface IRoleSpec {
  /**
   * None for as many as the framework's rule says.
   */
  replicas: number | null;
  /**
   * None for the job's own, without GPUs where the role takes none.
   */
  resources: IResources | null;
}

/**
 * Where a secret variable's value is kept: never in the job itself.
 */
export interface ISecretKey {
  /**
   * Name that people know it by; the Kubernetes Secret of the project is called `mofang-secret-<name>`.
   */
  secret: string;
  key: string;
}

/**
 * One curve of one replica.
 */
export interface ISeries {
  /**
   * `cpu` (cores), `memory` (bytes), `gpu` (percent), `gpu_memory` (bytes), `read`, `write`, `received`, `sent` (bytes per second).
   */
  name: string;
  /**
   * One for each of the replica's times; None where nothing was measured.
   */
  values: (number | null)[];
  /**
   * What the replica may use at most, where there is a limit.
   */
  limit: number | null;
}
