/**
 * From the form to what is sent, and back.
 */
import type {
  ICodeSource,
  IInput,
  IJobSpec,
  IOutput,
  IResources,
  IRestart,
  IRoleRule,
  IRoleSpec
} from '@mofang/shared';

import {
  DEFAULT_USER,
  directoryOf,
  emptyForm,
  filled,
  flagsOf,
  isFixed,
  rulesOf,
  runsCustomImage,
  type IJobForm,
  type IPair,
  type IRoleForm
} from './jobForm';
import { parameterOf, parameterText } from './parameters';
import { joinShellWords, splitShellWords } from './shellWords';
import type { IDefaults } from './defaults';

/** What the form asks for; `code` is the snapshot, once there is one. */
export function specOf(
  form: IJobForm,
  defaults: IDefaults,
  code: ICodeSource | null = null
): IJobSpec {
  const isCommand = form.program === 'command';
  return {
    name: form.name.trim(),
    framework: form.framework,
    engine: form.engine || null,
    ...imageOf(form, defaults),
    script: isCommand ? '' : form.script.trim(),
    command: isCommand ? (splitShellWords(form.command) ?? []) : [],
    arguments: splitShellWords(form.arguments) ?? [],
    hyperparameters: Object.fromEntries(
      filled(form.hyperparameters).map(({ name, value }) => [
        name.trim(),
        parameterOf(value)
      ])
    ),
    flags: flagsOf(form),
    working_directory: directoryOf(form, defaults),
    code: form.code === 'reuse' ? form.reusedCode : code,
    requirements: form.requirements.trim() || null,
    inputs: filled(form.inputs).map(({ name, path, pass_as }): IInput => ({
      name: name.trim(),
      path: path.trim(),
      pass_as
    })),
    outputs: filled(form.outputs).map((row): IOutput => ({
      ...row,
      name: row.name.trim(),
      path: row.path.trim(),
      preload: row.staged && row.preload
    })),
    ...sizeOf(form, defaults),
    processes_per_replica: form.processes.trim()
      ? wholeNumber(form.processes)
      : null,
    env: Object.fromEntries(
      filled(form.env).map(({ name, value }) => [name.trim(), value])
    ),
    secrets: Object.fromEntries(
      filled(form.secrets).map(({ name, secret, key }) => [
        name.trim(),
        { secret: secret.trim(), key: key.trim() }
      ])
    ),
    run_as_user: wholeNumber(form.runAsUser.trim() || DEFAULT_USER),
    priority: form.priority,
    restart: restartOf(form),
    hang_policy: form.hangPolicy,
    hold_on_failure_minutes: wholeNumber(form.holdMinutes.trim() || '0'),
    rerun_of: form.rerunOf || null
  };
}

/** A number as a person writes it; NaN for what is none, such as `1e3`. */
function wholeNumber(text: string): number {
  return /^\d+$/.test(text.trim()) ? Number(text) : NaN;
}

type Image = Pick<IJobSpec, 'image' | 'environment'>;

/** This server's image is known to be there; that of others is the service's to say. */
function imageOf(form: IJobForm, defaults: IDefaults): Image {
  if (runsCustomImage(form)) {
    return { image: form.image.trim(), environment: null };
  }
  return form.environment
    ? { image: '', environment: form.environment }
    : {
        image: defaults.image,
        environment: defaults.environment || null
      };
}

type Size = Pick<IJobSpec, 'replicas' | 'resources' | 'roles'>;

function sizeOf(form: IJobForm, defaults: IDefaults): Size {
  const rules = rulesOf(form, defaults);
  const main = rules.find(rule => rule.primary);
  const replicas =
    main && isFixed(main) ? main.min_replicas : Number(form.replicas);
  const resources = {
    cpu: form.cpu.trim(),
    memory: form.memory.trim(),
    gpu: Number(form.gpu)
  };
  const roles: Record<string, IRoleSpec> = {};
  for (const rule of rules) {
    const role = form.roles[rule.name];
    const asked = role && !rule.primary && roleSpec(rule, role, resources);
    if (asked && (asked.replicas !== null || asked.resources)) {
      roles[rule.name] = asked;
    }
  }
  if (main && replicas === 0) {
    // The job's own number counts from one.
    roles[main.name] = { replicas: 0, resources: null };
  }
  return { replicas: Math.max(replicas, 1), resources, roles };
}

function roleSpec(
  rule: IRoleRule,
  role: IRoleForm,
  fallback: IResources
): IRoleSpec {
  const isOwn = [role.cpu, role.memory, rule.gpu_allowed ? role.gpu : ''].some(
    each => each.trim() !== ''
  );
  const gpu = role.gpu.trim() === '' ? fallback.gpu : Number(role.gpu);
  return {
    replicas:
      role.replicas.trim() === '' || isFixed(rule)
        ? null
        : Number(role.replicas),
    resources: isOwn
      ? {
          cpu: role.cpu.trim() || fallback.cpu,
          memory: role.memory.trim() || fallback.memory,
          gpu: rule.gpu_allowed ? gpu : 0
        }
      : null
  };
}

function restartOf(form: IJobForm): IRestart | null {
  return form.restart === 'off'
    ? null
    : {
        limit: wholeNumber(form.restartLimit),
        include_script_failures: form.restart === 'include_script_failures'
      };
}

/**
 * A form that would submit the same job again. Code that was a snapshot stays that
 * snapshot: whether it can be read is for whoever knows its owner.
 */
export function formOf(spec: IJobSpec, defaults: IDefaults): IJobForm {
  return {
    ...emptyForm(),
    name: spec.name,
    framework: spec.framework,
    engine: spec.engine ?? '',
    program: spec.command.length > 0 ? 'command' : 'script',
    script: spec.script,
    command: joinShellWords(spec.command),
    arguments: joinShellWords(spec.arguments),
    hyperparameters: pairs(spec.hyperparameters, parameterText),
    flags: spec.flags.join(' '),
    workingDirectory: spec.working_directory,
    code: spec.code ? 'reuse' : 'in_place',
    codeDirectory: spec.code?.directory ?? '',
    reusedCode: spec.code,
    requirements: spec.requirements ?? '',
    inputs: spec.inputs.map(row => ({ ...row, staged: false, preload: false })),
    outputs: spec.outputs.map(row => ({ ...row })),
    ...imageForm(spec, defaults),
    ...sizeForm(spec, defaults.frameworks[spec.framework] ?? []),
    processes: String(spec.processes_per_replica ?? ''),
    priority: spec.priority,
    env: pairs(spec.env, String),
    secrets: Object.entries(spec.secrets).map(([name, { secret, key }]) => ({
      name,
      secret,
      key
    })),
    runAsUser: String(spec.run_as_user),
    restart: restartChoice(spec.restart),
    restartLimit: String(spec.restart?.limit ?? 3),
    hangPolicy: spec.hang_policy,
    holdMinutes: String(spec.hold_on_failure_minutes),
    rerunOf: spec.rerun_of ?? ''
  };
}

type ImageForm = Pick<IJobForm, 'image' | 'environment' | 'isCustomImage'>;

/** The image that an environment had then may be gone: its name stays. */
function imageForm(spec: IJobSpec, defaults: IDefaults): ImageForm {
  const name = spec.environment ?? '';
  const isCurrent = name
    ? name === defaults.environment
    : spec.image === '' || spec.image === defaults.image;
  const isCustomImage = !isCurrent && !name;
  return {
    isCustomImage,
    image: isCustomImage ? spec.image : '',
    environment: isCurrent ? '' : name
  };
}

type SizeForm = IRoleForm & Pick<IJobForm, 'roles'>;

function sizeForm(spec: IJobSpec, rules: readonly IRoleRule[]): SizeForm {
  const main = rules.find(rule => rule.primary)?.name ?? '';
  const own = spec.roles[main];
  const roles: Record<string, IRoleForm> = {};
  for (const { name } of rules.filter(rule => !rule.primary)) {
    const asked = spec.roles[name];
    // What others inherit is the job's, which the main role may differ from.
    const fallback = own?.resources ? spec.resources : null;
    const resources = asked?.resources ?? fallback;
    if (asked || resources) {
      roles[name] = {
        replicas: String(asked?.replicas ?? ''),
        ...resourceTexts(resources)
      };
    }
  }
  return {
    replicas: String(own?.replicas ?? spec.replicas),
    ...resourceTexts(own?.resources ?? spec.resources),
    roles
  };
}

function resourceTexts(
  resources: IResources | null
): Omit<IRoleForm, 'replicas'> {
  return resources
    ? { ...resources, gpu: String(resources.gpu) }
    : { cpu: '', memory: '', gpu: '' };
}

function restartChoice(restart: IRestart | null): IJobForm['restart'] {
  return restart
    ? restart.include_script_failures
      ? 'include_script_failures'
      : 'limit'
    : 'off';
}

function pairs<V>(values: Record<string, V>, text: (value: V) => string) {
  return Object.entries(values).map(([name, value]): IPair => ({
    name,
    value: text(value)
  }));
}
