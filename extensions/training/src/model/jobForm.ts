/**
 * The form for a new job as a value: where it starts, what is wrong with it, what
 * it sends. The service judges in the end; this only tells earlier.
 */
import { parseQuantity } from './quantity';
import { joinWords, splitWords } from './shellWords';
import type { IDefaults, IJobSpec } from './wire';

export interface IVariable {
  name: string;
  value: string;
}

export interface IJobForm {
  name: string;
  script: string;
  arguments: string;
  /** Empty for the image of this environment. */
  image: string;
  workingDirectory: string;
  replicas: string;
  cpu: string;
  memory: string;
  gpu: string;
  environment: IVariable[];
}

export type FormField = keyof IJobForm;
export type FormErrors = Partial<Record<FormField, string>>;

/** Translates a sentence, with `%1` for its parameter. */
export interface ITranslate {
  __(sentence: string, ...values: string[]): string;
}

export function emptyForm(): IJobForm {
  return {
    name: '',
    script: '',
    arguments: '',
    image: '',
    workingDirectory: '',
    replicas: '1',
    cpu: '500m',
    memory: '1Gi',
    gpu: '0',
    environment: []
  };
}

/** A form that would submit the same job again. */
export function formOf(spec: IJobSpec, defaults: IDefaults): IJobForm {
  return {
    name: spec.name,
    script: spec.script,
    arguments: joinWords(spec.arguments),
    image: spec.image === defaults.image ? '' : spec.image,
    workingDirectory: spec.working_directory,
    replicas: String(spec.replicas),
    cpu: spec.resources.cpu,
    memory: spec.resources.memory,
    gpu: String(spec.resources.gpu),
    environment: Object.entries(spec.environment).map(([name, value]) => ({
      name,
      value
    }))
  };
}

/** A job's name out of its script's: `/home/jovyan/My train.py` → `My train`. */
export function nameOf(script: string): string {
  const base = script.split('/').pop() ?? '';
  return base.replace(/\.(py|ipynb|sh)$/, '').slice(0, 63);
}

export function folderOf(script: string, fallback: string): string {
  const cut = script.lastIndexOf('/');
  return script.startsWith('/') && cut > 0 ? script.slice(0, cut) : fallback;
}

export function validate(
  form: IJobForm,
  defaults: IDefaults,
  trans: ITranslate
): FormErrors {
  const errors: FormErrors = {};
  const tell = (field: FormField, wrong: boolean, sentence: string) => {
    if (wrong && !errors[field]) {
      errors[field] = sentence;
    }
  };
  const { limits } = defaults;
  tell('name', !form.name.trim(), trans.__('Give the job a name.'));
  tell('name', form.name.length > 63, trans.__('At most 63 characters.'));
  tell('script', !form.script.trim(), trans.__('Choose the file to run.'));
  tell('script', form.script.endsWith('/'), trans.__('That is a folder.'));
  tell(
    'arguments',
    splitWords(form.arguments) === null,
    trans.__('A quotation mark is not closed.')
  );
  tell(
    'image',
    !form.image && !defaults.image,
    trans.__('This server does not know its image. Choose another.')
  );
  tell('image', /\s/.test(form.image), trans.__('An image has no spaces.'));
  tell(
    'workingDirectory',
    form.workingDirectory !== '' && !form.workingDirectory.startsWith('/'),
    trans.__('Write it from the root: /home/jovyan/experiment.')
  );
  tell(
    'replicas',
    !isWhole(form.replicas, 1, limits.replicas),
    trans.__('A whole number from 1 to %1.', String(limits.replicas))
  );
  tell(
    'gpu',
    !isWhole(form.gpu, 0, limits.gpu),
    trans.__('A whole number from 0 to %1.', String(limits.gpu))
  );
  const cpu = parseQuantity(form.cpu);
  tell(
    'cpu',
    cpu === null || cpu < 0.01 || cpu > limits.cpu,
    trans.__('Cores, such as 2 or 500m; at most %1.', String(limits.cpu))
  );
  const memory = parseQuantity(form.memory);
  tell(
    'memory',
    memory === null || memory < limits.memory_min || memory > limits.memory_max,
    trans.__('An amount with its unit, such as 4Gi.')
  );
  const wrong = wrongVariable(form.environment, trans);
  tell('environment', wrong !== '', wrong);
  return errors;
}

export function specOf(form: IJobForm, defaults: IDefaults): IJobSpec {
  return {
    name: form.name.trim(),
    framework: 'pytorch',
    engine: null,
    image: form.image.trim() || defaults.image,
    script: form.script.trim(),
    command: [],
    arguments: splitWords(form.arguments) ?? [],
    hyperparameters: {},
    code: null,
    requirements: null,
    inputs: [],
    outputs: [],
    roles: {},
    processes_per_replica: null,
    secrets: {},
    user_id: 1000,
    priority: 'normal',
    restart: null,
    hang: 'tell',
    keep_on_failure_minutes: 0,
    rerun_of: null,
    working_directory:
      form.workingDirectory.trim() ||
      folderOf(form.script.trim(), defaults.working_directory),
    replicas: Number(form.replicas),
    resources: {
      cpu: form.cpu.trim(),
      memory: form.memory.trim(),
      gpu: Number(form.gpu)
    },
    environment: Object.fromEntries(
      filledVariables(form.environment).map(({ name, value }) => [name, value])
    ),
    environment_name: form.image ? null : defaults.environment || null
  };
}

const FIELDS: Record<string, FormField> = {
  name: 'name',
  script: 'script',
  arguments: 'arguments',
  image: 'image',
  working_directory: 'workingDirectory',
  replicas: 'replicas',
  'resources.cpu': 'cpu',
  'resources.memory': 'memory',
  'resources.gpu': 'gpu',
  environment: 'environment'
};

/** Put the service's sentences at their fields; what has no field comes second. */
export function placeErrors(
  fields: Record<string, string>
): [FormErrors, string[]] {
  const placed: FormErrors = {};
  const rest: string[] = [];
  for (const [path, sentence] of Object.entries(fields)) {
    const field = FIELDS[path] ?? FIELDS[path.split('.')[0]];
    if (field) {
      placed[field] = sentence;
    } else {
      rest.push(path ? `${path}: ${sentence}` : sentence);
    }
  }
  return [placed, rest];
}

function filledVariables(variables: readonly IVariable[]): IVariable[] {
  return variables.filter(({ name, value }) => name !== '' || value !== '');
}

function wrongVariable(
  variables: readonly IVariable[],
  trans: ITranslate
): string {
  const seen = new Set<string>();
  for (const { name } of filledVariables(variables)) {
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      return trans.__(
        '“%1” is not the name of a variable: letters, digits and underscores.',
        name
      );
    }
    if (seen.has(name)) {
      return trans.__('“%1” is there twice.', name);
    }
    seen.add(name);
  }
  return '';
}

function isWhole(text: string, least: number, most: number): boolean {
  const number = Number(text);
  return /^\d+$/.test(text.trim()) && number >= least && number <= most;
}
