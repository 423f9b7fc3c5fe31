/**
 * Error messages of a form, by dotted path: `roles.ps.replicas`, `inputs.0.path`. Paths
 * are those of the request, but row indices are those of the form.
 */
import {
  isFilled,
  isFixed,
  rulesOf,
  type FormField,
  type IJobForm
} from './jobForm';
import type { IDefaults } from './defaults';

export type FormErrors = Record<string, string>;

const PATHS: Partial<Record<FormField, string>> = {
  workingDirectory: 'working_directory',
  codeDirectory: 'code.directory',
  cpu: 'resources.cpu',
  memory: 'resources.memory',
  gpu: 'resources.gpu',
  processes: 'processes_per_replica',
  runAsUser: 'run_as_user',
  restartLimit: 'restart.limit',
  holdMinutes: 'hold_on_failure_minutes',
  rerunOf: 'rerun_of'
};

/** Path of a field's error message. */
export function pathOf(field: FormField): string {
  return PATHS[field] ?? field;
}

/** Which part of the form a path belongs to: `inputs.0.path` → `inputs`. */
export function isWithin(path: string, group: string): boolean {
  return path === group || path.startsWith(`${group}.`);
}

/**
 * Assign the service's error messages to fields of the form; returns them by path, and
 * those that belong to no field.
 */
export function assignErrors(
  fields: Record<string, string>,
  form: IJobForm,
  defaults: IDefaults
): [FormErrors, string[]] {
  const shown = shownPaths(form, defaults);
  const assigned: FormErrors = {};
  const unassigned: string[] = [];
  for (const [path, sentence] of Object.entries(fields)) {
    const at = nearestShown(formPath(path, form, defaults), shown);
    if (at === null) {
      unassigned.push(sentence);
    } else {
      assigned[at] ??= sentence;
    }
  }
  return [assigned, unassigned];
}

function nearestShown(path: string, shown: Set<string>): string | null {
  const parts = path.split('.');
  for (let length = parts.length; length > 0; length--) {
    const candidate = parts.slice(0, length).join('.');
    if (shown.has(candidate)) {
      return candidate;
    }
  }
  // An error of all roles is shown at the first that has the field.
  return [...shown].find(each => each.endsWith(`.${path}`)) ?? null;
}

/** The form's path for one of the wire. */
function formPath(path: string, form: IJobForm, defaults: IDefaults): string {
  const [head, second = '', ...rest] = path.split('.');
  switch (head) {
    case 'hyperparameters':
    case 'env':
    case 'secrets': {
      // Names may have dots themselves.
      const rows: readonly { name: string }[] = form[head];
      const row = rows.findIndex(
        each => isFilled(each) && isWithin(path, `${head}.${each.name.trim()}`)
      );
      if (row < 0) {
        return head;
      }
      const column = path.slice(`${head}.${rows[row].name.trim()}.`.length);
      return `${head}.${row}.${column in rows[row] ? column : 'name'}`;
    }
    case 'inputs':
    case 'outputs': {
      const rows = form[head].flatMap((row, at) => (isFilled(row) ? [at] : []));
      const row = rows[Number(second)];
      return second === '' || row === undefined
        ? head
        : [head, row, rest[0] ?? 'path'].join('.');
    }
    case 'roles': {
      const main = rulesOf(form, defaults).find(rule => rule.primary)?.name;
      return second !== '' && second === main ? rest.join('.') : path;
    }
    case 'directory':
      return 'code.directory';
    case 'engine':
      return 'framework';
    case 'environment':
      return 'image';
    default:
      return path;
  }
}

/** Paths at which the form can show an error. */
function shownPaths(form: IJobForm, defaults: IDefaults): Set<string> {
  const isCommand = form.program === 'command';
  const rows = (
    ['hyperparameters', 'inputs', 'outputs', 'env', 'secrets'] as const
  ).flatMap(group => [
    group,
    ...form[group].flatMap((row, at) =>
      Object.keys(row).map(key => `${group}.${at}.${key}`)
    )
  ]);
  const roles = rulesOf(form, defaults).flatMap(rule => {
    const resources = ['resources.cpu', 'resources.memory'].concat(
      rule.gpu_allowed ? ['resources.gpu'] : []
    );
    const own = isFixed(rule) ? resources : ['replicas', ...resources];
    return rule.primary ? own : own.map(each => `roles.${rule.name}.${each}`);
  });
  return new Set([
    'name',
    'framework',
    isCommand ? 'command' : 'script',
    'arguments',
    'flags',
    'working_directory',
    'code',
    ...(form.code === 'snapshot' ? ['code.directory'] : []),
    'requirements',
    'image',
    'roles',
    'priority',
    'processes_per_replica',
    'run_as_user',
    'restart',
    ...(form.restart === 'off' ? [] : ['restart.limit']),
    'hang_policy',
    'hold_on_failure_minutes',
    ...rows,
    ...roles
  ]);
}
