/**
 * The form for a new job as a value. `jobSpec` turns it into what is sent, `jobChecks`
 * says early what is wrong with it.
 */
import type {
  PassAs,
  HangPolicy,
  ICodeSource,
  IRoleRule,
  Priority
} from '@mofang/shared';

import { DEFAULT_FRAMEWORK } from './frameworks.generated';
import type { IDefaults } from './defaults';

/**
 * What a job runs: a file, words of a command line, or the notebook one is working
 * on, as it is or as a Python file made from its code.
 */
export type Program = 'script' | 'command' | 'notebook' | 'converted';

/** Code where it lies, as it is at submission, or as the repeated job had it. */
export type CodeChoice = 'in_place' | 'snapshot' | 'reuse';
export type RestartChoice = 'off' | 'limit' | 'include_script_failures';

export interface IPair {
  name: string;
  value: string;
}

export interface IPathRow {
  name: string;
  path: string;
  pass_as: PassAs;
  staged: boolean;
  preload: boolean;
}

export interface ISecretRow {
  name: string;
  secret: string;
  key: string;
}

/** What a role asks for; an empty text is left to the platform's rules. */
export interface IRoleForm {
  replicas: string;
  cpu: string;
  memory: string;
  gpu: string;
}

export interface IJobForm {
  name: string;
  framework: string;
  /** Empty for the platform's choice. */
  engine: string;
  program: Program;
  script: string;
  command: string;
  arguments: string;
  hyperparameters: IPair[];
  /** Names, with spaces between them. */
  flags: string;
  /** Empty for the script's folder. */
  workingDirectory: string;
  code: CodeChoice;
  /** Empty for the working directory. */
  codeDirectory: string;
  /** The snapshot of the job that this one repeats. */
  reusedCode: ICodeSource | null;
  requirements: string;
  inputs: IPathRow[];
  outputs: IPathRow[];
  /** Name of the environment whose image is run; empty for this server's own. */
  environment: string;
  /** Whether an image is named in place of an environment. */
  isCustomImage: boolean;
  image: string;
  /** Of the framework's main role, as the three below. */
  replicas: string;
  cpu: string;
  memory: string;
  gpu: string;
  /** All other roles that say something of their own. */
  roles: Record<string, IRoleForm>;
  processes: string;
  priority: Priority;
  env: IPair[];
  secrets: ISecretRow[];
  runAsUser: string;
  restart: RestartChoice;
  restartLimit: string;
  hangPolicy: HangPolicy;
  holdMinutes: string;
  /** Id of the job that this one repeats with changes. */
  rerunOf: string;
}

export type FormField = keyof IJobForm;

/** Fields whose value is a text that a person types. */
export type TextField = {
  [F in FormField]: IJobForm[F] extends string
    ? string extends IJobForm[F]
      ? F
      : never
    : never;
}[FormField];

/** Translates a sentence, with `%1` for its parameter. */
export interface ITranslate {
  __(sentence: string, ...values: string[]): string;
}

export const DEFAULT_USER = '1000';

export function emptyForm(): IJobForm {
  return {
    name: '',
    framework: DEFAULT_FRAMEWORK,
    engine: '',
    program: 'script',
    script: '',
    command: '',
    arguments: '',
    hyperparameters: [],
    flags: '',
    workingDirectory: '',
    code: 'in_place',
    codeDirectory: '',
    reusedCode: null,
    requirements: '',
    inputs: [],
    outputs: [],
    environment: '',
    isCustomImage: false,
    image: '',
    replicas: '1',
    cpu: '500m',
    memory: '1Gi',
    gpu: '0',
    roles: {},
    processes: '',
    priority: 'normal',
    env: [],
    secrets: [],
    runAsUser: DEFAULT_USER,
    restart: 'off',
    restartLimit: '3',
    hangPolicy: 'notify',
    holdMinutes: '0',
    rerunOf: ''
  };
}

export function emptyPathRow(): IPathRow {
  return {
    name: '',
    path: '',
    pass_as: 'parameter',
    staged: false,
    preload: false
  };
}

export function emptyRole(): IRoleForm {
  return { replicas: '', cpu: '', memory: '', gpu: '' };
}

/** Whether an image is run that the form names itself, as older presets do. */
export function runsCustomImage(form: IJobForm): boolean {
  return form.isCustomImage || (!form.environment && form.image !== '');
}

/** The framework that this environment is made for. */
export function defaultFramework(defaults: IDefaults): string {
  const { environment_frameworks, frameworks } = defaults;
  const known = environment_frameworks.find(name => name in frameworks);
  return known ?? DEFAULT_FRAMEWORK;
}

export function rulesOf(form: IJobForm, defaults: IDefaults): IRoleRule[] {
  return defaults.frameworks[form.framework] ?? [];
}

export function isFixed(rule: IRoleRule): boolean {
  return rule.min_replicas === rule.max_replicas;
}

/** How many replicas a role has that is not the main one. */
export function replicasOf(
  rule: IRoleRule,
  roles: Record<string, IRoleForm>
): string {
  if (isFixed(rule)) {
    return String(rule.min_replicas);
  }
  return roles[rule.name]?.replicas.trim() || defaultReplicas(rule, roles);
}

/** Whether all jobs of the framework are one program in one container. */
export function hasOneReplica(
  form: IJobForm,
  defaults: IDefaults | null
): boolean {
  const rules = defaults ? rulesOf(form, defaults) : [];
  return rules.length === 1 && rules[0].max_replicas === 1;
}

/** A role that another one requires is there where that one is. */
export function defaultReplicas(
  rule: IRoleRule,
  roles: Record<string, IRoleForm>
): string {
  const isCalledFor = Number(roles[rule.required_by]?.replicas || 0) > 0;
  return String(
    isCalledFor ? Math.max(rule.default_replicas, 1) : rule.default_replicas
  );
}

/** A job's name out of its script's: `/home/jovyan/My train.py` → `My train`. */
export function nameOf(script: string): string {
  const base = script.split('/').pop() ?? '';
  return base.replace(/\.(py|ipynb|sh)$/, '').slice(0, 63);
}

/** Where the program starts: as asked, else beside the script if jobs see that. */
export function directoryOf(form: IJobForm, defaults: IDefaults): string {
  const script = form.program === 'command' ? '' : form.script.trim();
  const isShared = defaults.shared_directories.some(each =>
    script.startsWith(`${each}/`)
  );
  const fallback = isShared
    ? script.slice(0, script.lastIndexOf('/'))
    : defaults.working_directory;
  return form.workingDirectory.trim() || fallback;
}

/** The directory that a snapshot is made of. */
export function codeDirectoryOf(form: IJobForm, defaults: IDefaults): string {
  return form.codeDirectory.trim() || directoryOf(form, defaults);
}

/** Names of flags, as a person wrote them. */
export function flagsOf(form: IJobForm): string[] {
  const words = form.flags.split(/[\s,]+/).filter(Boolean);
  return words.map(word => word.replace(/^--/, ''));
}

export function filled<R extends object>(rows: readonly R[]): R[] {
  return rows.filter(isFilled);
}

/** Whether a person wrote something into a row. */
export function isFilled(row: object): boolean {
  const { name, value, path, secret, key } = row as Record<string, unknown>;
  return [name, value, path, secret, key].some(each => Boolean(each));
}
