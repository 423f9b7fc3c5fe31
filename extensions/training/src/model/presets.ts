/**
 * Forms that a person keeps under a name. They lie in JupyterLab's settings, which
 * people also edit by hand and older versions wrote: reading takes what fits.
 */
import { emptyForm, emptyPathRow, emptyRole, type IJobForm } from './jobForm';

export interface IPreset {
  name: string;
  form: IJobForm;
}

/** Read presets out of settings; a value that does not fit is as if never written. */
export function readPresets(stored: unknown): IPreset[] {
  return (Array.isArray(stored) ? stored : []).flatMap((each: unknown) => {
    const { name, form } = asRecord(each);
    return typeof name === 'string' && name !== ''
      ? [{ name, form: readForm(form) }]
      : [];
  });
}

/** What a preset keeps of a form: nothing that belongs to one job alone. */
export function presetForm(form: IJobForm): IJobForm {
  const code = form.code === 'reuse' ? 'snapshot' : form.code;
  const program = form.program === 'command' ? 'command' : 'script';
  return { ...form, code, program, reusedCode: null, rerunOf: '' };
}

/** Add a preset, or replace the one of that name; by name, as people look for it. */
export function withPreset(
  presets: readonly IPreset[],
  preset: IPreset
): IPreset[] {
  return [...withoutPreset(presets, preset.name), preset].sort((one, other) =>
    one.name.localeCompare(other.name)
  );
}

export function withoutPreset(
  presets: readonly IPreset[],
  name: string
): IPreset[] {
  return presets.filter(each => each.name !== name);
}

const CHOICES: Record<string, readonly unknown[]> = {
  program: ['script', 'command'],
  code: ['in_place', 'snapshot'],
  priority: ['low', 'normal', 'high'],
  restart: ['off', 'limit', 'include_script_failures'],
  hangPolicy: ['off', 'notify', 'restart'],
  pass_as: ['parameter', 'environment']
};

function readForm(stored: unknown): IJobForm {
  const read = renamed(asRecord(stored));
  const pair = { name: '', value: '' };
  const roles = Object.entries(asRecord(read.roles)).map(([name, role]) => [
    name,
    matching(emptyRole(), role)
  ]);
  return presetForm({
    ...matching(emptyForm(), read),
    reusedCode: null,
    hyperparameters: rows(read.hyperparameters, pair),
    env: rows(read.env, pair),
    secrets: rows(read.secrets, { name: '', secret: '', key: '' }),
    inputs: rows(read.inputs, emptyPathRow()),
    outputs: rows(read.outputs, emptyPathRow()),
    roles: Object.fromEntries(roles) as IJobForm['roles']
  });
}

/** Earlier versions kept the variables as `environment`, its name elsewhere. */
function renamed(read: Record<string, unknown>): Record<string, unknown> {
  const { environment, imageEnvironment } = read;
  return Array.isArray(environment)
    ? { ...read, env: environment, environment: imageEnvironment }
    : read;
}

function rows<R extends object>(stored: unknown, empty: R): R[] {
  return (Array.isArray(stored) ? stored : []).map((row: unknown) =>
    matching(empty, row)
  );
}

/** The stored values that are of the kind that is there already. */
function matching<R extends object>(empty: R, stored: unknown): R {
  const entries = Object.entries(asRecord(stored)).filter(
    ([key, value]) =>
      Object.hasOwn(empty, key) &&
      typeof value !== 'object' &&
      typeof value === typeof empty[key as keyof R] &&
      (CHOICES[key]?.includes(value) ?? true)
  );
  return { ...empty, ...(Object.fromEntries(entries) as Partial<R>) };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
