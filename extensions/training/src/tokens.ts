import { Token } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import type {
  ICodeSource,
  IDebugServer,
  IEnvironmentList,
  IJob,
  IJobEvent,
  IJobList,
  IJobMetrics,
  IJobSpec,
  IReplica
} from '@mofang/shared';

import type { ICheckedPreview, IDefaults, JobResult } from './model/defaults';
import type { IJobFilter } from './model/jobFilter';

/** Domain of this extension's translations. */
export const DOMAIN = 'mofang_training';

export namespace CommandIDs {
  /** Open the form; arguments: `path` of a document, or `spec` to start from. */
  export const newJob = 'mofang-training:new-job';
  /** Open the form for the document in front, or the one `path` names. */
  export const submitDocument = 'mofang-training:submit-document';
  /** Open the form for what is selected in the file browser. */
  export const submitSelected = 'mofang-training:submit-selected';
  /** Open a job's log; arguments: `jobId`, perhaps `role` and `index`. */
  export const openLog = 'mofang-training:open-log';
  /** Open the form filled from a job; argument: `job`. */
  export const rerun = 'mofang-training:rerun';
  /** Open charts of a job; argument: `jobId`. */
  export const openCharts = 'mofang-training:open-charts';
  /** Compare jobs; argument: `jobIds`, two of them. */
  export const compare = 'mofang-training:compare';
  export const showPanel = 'mofang-training:show-panel';
  /** Show what was changed of installed packages, with a button to undo it. */
  export const showPackages = 'mofang-training:show-packages';
  /** Save installed packages as an environment; asks for its title. */
  export const saveEnvironment = 'mofang-training:save-environment';
  /** Keep an idle server running; asks for how long. */
  export const keepServer = 'mofang-training:keep-server';
  /** Give the server another size while it runs; asks for it. */
  export const resizeServer = 'mofang-training:resize-server';
  /** Of the Cloud Shell's extension; may be absent. */
  export const openShell = 'mofang-cloudshell:open';
  /** Of the TensorBoard extension; may be absent. */
  export const openTensorBoard = 'mofang-tensorboard:open';
}

/** Status of the watch of jobs. */
export type ConnectionStatus = 'connecting' | 'live' | 'lost';

/** Submits training jobs and follows them. */
export interface ITrainingJobs extends IDisposable {
  readonly connectionStatus: ConnectionStatus;
  /** Why the connection was lost; null while it is live. */
  readonly problem: string | null;
  /**
   * Emitted when a job is added, modified or deleted, or the connection status changes.
   */
  readonly changed: ISignal<ITrainingJobs, void>;
  /** Emitted with each event of a job, in order. */
  readonly jobChanged: ISignal<ITrainingJobs, IJobEvent>;
  /**
   * Emitted when the watch was re-established after a gap: lists must be read again.
   */
  readonly resynced: ISignal<ITrainingJobs, void>;
  /** A job from the cache. */
  find(id: string): IJob | undefined;
  /** Read a job unless it is cached, and keep it up to date from now on. */
  open(id: string): Promise<IJob>;
  /** Read a page of jobs, newest first; `after` is the page's before `next`. */
  query(
    filter: IJobFilter,
    limit: number,
    after: string | null
  ): Promise<IJobList>;
  defaults(): Promise<IDefaults>;
  /** Environments that jobs may use. */
  environments(): Promise<IEnvironmentList>;
  submit(spec: IJobSpec): Promise<IJob>;
  /** Preview a job; nothing is created. */
  preview(spec: IJobSpec): Promise<ICheckedPreview>;
  /** Copy a directory of code as it is now. */
  snapshot(directory: string): Promise<ICodeSource>;
  /** Resource usage, with at most so many points per series. */
  metrics(id: string, points: number): Promise<IJobMetrics>;
  /** Result reported by the job's script; empty if none. */
  result(id: string): Promise<JobResult>;
  debug(id: string): Promise<IDebugServer>;
  cancel(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Reconnect immediately. */
  reconnect(): void;
  log(job: string, replica: Pick<IReplica, 'role' | 'index'>): ILogSource;
}

/** A chunk of a log and its offset. */
export interface ILogPiece {
  bytes: Uint8Array;
  start: number;
  size: number;
  /** Whether nothing more will be written. */
  complete: boolean;
}

/** The log of one replica. */
export interface ILogSource {
  /** Address for a download by the browser. */
  readonly url: string;
  /** Read bytes; a negative offset counts from the end. */
  read(offset: number, limit: number, signal: AbortSignal): Promise<ILogPiece>;
  /** Read on as it is written; ends with the replica. */
  follow(offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array>;
}

export const ITrainingJobs = new Token<ITrainingJobs>(
  '@mofang/training:ITrainingJobs',
  'Submits training jobs and follows them.'
);
