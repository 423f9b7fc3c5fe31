/**
 * Local validation of a form. The service has the final say; this only reports errors
 * earlier.
 */
import type { IRoleRule } from '@mofang/shared';

import type { FormErrors } from './formErrors';
import {
  DEFAULT_USER,
  flagsOf,
  isFilled,
  isFixed,
  rulesOf,
  runsCustomImage,
  type IJobForm,
  type IPathRow,
  type IRoleForm,
  type ITranslate
} from './jobForm';
import { parseQuantity } from './quantity';
import { splitWords } from './shellWords';
import type { IDefaults } from './defaults';

const MAX_NAME = 63;
const MAX_RESTARTS = 128;
const MAX_PROCESSES = 256;
const MAX_USER = 65535;
const MAX_KEEP_MINUTES = 24 * 60;
const LEAST_CPU = 0.01;

const VARIABLE = /^[A-Za-z_]\w*$/;
const PARAMETER = /^[A-Za-z_][\w.-]{0,63}$/;
const PATH_NAME = /^[A-Za-z_]\w{0,63}$/;

/** Sentences by path; empty where nothing is wrong. */
export function validate(
  form: IJobForm,
  defaults: IDefaults,
  trans: ITranslate
): FormErrors {
  return new Checks(form, defaults, trans).run();
}

class Checks {
  constructor(
    private _form: IJobForm,
    private _defaults: IDefaults,
    private _trans: ITranslate
  ) {}

  run(): FormErrors {
    this._program();
    this._code();
    this._size();
    this._pathRows();
    this._variables();
    this._failure();
    return this._errors;
  }

  private _program(): void {
    const { _form: form, _trans: trans } = this;
    const closed = trans.__('A quotation mark is not closed.');
    this._addError('name', !form.name.trim(), trans.__('Give the job a name.'));
    this._addError(
      'name',
      form.name.length > MAX_NAME,
      trans.__('At most %1 characters.', String(MAX_NAME))
    );
    if (form.program === 'command') {
      const words = splitWords(form.command);
      this._addError('command', words === null, closed);
      this._addError('command', !words?.[0], trans.__('Write what to run.'));
    } else {
      const { script } = form;
      this._addError(
        'script',
        !script.trim(),
        trans.__('Choose the file to run.')
      );
      this._addError(
        'script',
        script.endsWith('/'),
        trans.__('That is a folder.')
      );
    }
    this._addError('arguments', splitWords(form.arguments) === null, closed);
    this._names(
      'hyperparameters',
      PARAMETER,
      trans.__('Letters, digits, underscores, dots and dashes, a letter first.')
    );
    this._flags();
    this._absolute('working_directory', form.workingDirectory);
  }

  private _flags(): void {
    const { _form: form, _trans: trans } = this;
    const named = new Set(
      [...form.hyperparameters, ...form.inputs, ...form.outputs].map(
        ({ name }) => name.trim()
      )
    );
    for (const name of flagsOf(form)) {
      this._addError(
        'flags',
        !PARAMETER.test(name),
        trans.__('Not the name of a flag: “%1”.', name)
      );
      this._addError(
        'flags',
        named.has(name),
        trans.__('Duplicate name “%1”.', name)
      );
    }
  }

  private _code(): void {
    const { _form: form, _defaults: defaults, _trans: trans } = this;
    const isCustom = runsCustomImage(form);
    this._addError(
      'image',
      !isCustom && !form.imageEnvironment && !defaults.image,
      trans.__('This server does not know its own image. Choose another.')
    );
    this._addError(
      'image',
      isCustom && !form.image.trim(),
      trans.__('Write its full reference: registry/name:tag.')
    );
    this._addError(
      'image',
      isCustom && /\s/.test(form.image.trim()),
      trans.__('An image has no spaces.')
    );
    if (form.code === 'snapshot') {
      this._absolute('code.directory', form.codeDirectory);
    }
    this._whole('user_id', form.userId || DEFAULT_USER, 1, MAX_USER);
    const user = form.userId.trim() || DEFAULT_USER;
    this._addError(
      'user_id',
      form.code !== 'place' && user !== DEFAULT_USER,
      trans.__(
        'A snapshot of code is private to user %1. Leave the user id at %1, or use the code in place.',
        DEFAULT_USER
      )
    );
  }

  private _size(): void {
    const { _form: form, _defaults: defaults } = this;
    for (const rule of rulesOf(form, defaults)) {
      const role = rule.is_main ? form : form.roles[rule.name];
      if (role) {
        this._role(rule, role);
      }
    }
    if (form.processes.trim()) {
      this._whole('processes_per_replica', form.processes, 1, MAX_PROCESSES);
    }
  }

  private _role(rule: IRoleRule, role: IRoleForm): void {
    const { limits } = this._defaults;
    const root = rule.is_main ? '' : `roles.${rule.name}.`;
    const mayBeEmpty = !rule.is_main;
    const isRequired = (text: string) => text.trim() !== '' || !mayBeEmpty;
    if (!isFixed(rule) && isRequired(role.replicas)) {
      this._whole(`${root}replicas`, role.replicas, rule.least, rule.most);
    }
    if (rule.takes_gpu && isRequired(role.gpu)) {
      this._whole(`${root}resources.gpu`, role.gpu, 0, limits.gpu);
    }
    const cpu = parseQuantity(role.cpu);
    this._addError(
      `${root}resources.cpu`,
      isRequired(role.cpu) &&
        (cpu === null || cpu < LEAST_CPU || cpu > limits.cpu),
      this._trans.__('Cores: 2 or 500m; at most %1.', String(limits.cpu))
    );
    const memory = parseQuantity(role.memory);
    this._addError(
      `${root}resources.memory`,
      isRequired(role.memory) &&
        (memory === null ||
          memory < limits.memory_min ||
          memory > limits.memory_max),
      this._trans.__('With its unit: 512Mi, 4Gi.')
    );
  }

  private _pathRows(): void {
    const { _form: form, _trans: trans } = this;
    const names = new Set<string>();
    const parameters = new Set(form.hyperparameters.map(({ name }) => name));
    for (const group of ['inputs', 'outputs'] as const) {
      form[group].forEach((row, at) => {
        if (!isFilled(row)) {
          return;
        }
        const path = `${group}.${at}`;
        this._pathRow(path, row);
        const name = row.name.trim();
        this._addError(
          `${path}.name`,
          names.has(name.toLowerCase()) || parameters.has(name),
          trans.__('Duplicate name “%1”.', name)
        );
        names.add(name.toLowerCase());
      });
    }
  }

  private _pathRow(path: string, row: IPathRow): void {
    const { _trans: trans } = this;
    this._addError(
      `${path}.name`,
      !PATH_NAME.test(row.name.trim()),
      trans.__('A name such as data_url: letters, digits, underscores.')
    );
    this._addError(
      `${path}.path`,
      !row.path.trim(),
      trans.__('Write its path.')
    );
    this._absolute(`${path}.path`, row.path);
  }

  private _variables(): void {
    const { _form: form, _trans: trans } = this;
    const rule = trans.__('Letters, digits and underscores, no digit first.');
    this._names('environment', VARIABLE, rule);
    this._names('secrets', VARIABLE, rule);
    const variables = new Set(form.environment.map(({ name }) => name.trim()));
    form.secrets.forEach((row, at) => {
      if (!isFilled(row)) {
        return;
      }
      this._addError(
        `secrets.${at}.name`,
        variables.has(row.name.trim()),
        trans.__('“%1” is a variable already.', row.name.trim())
      );
      const missing = trans.__('Name both: the secret and its key.');
      this._addError(`secrets.${at}.secret`, !row.secret.trim(), missing);
      this._addError(`secrets.${at}.key`, !row.key.trim(), missing);
    });
  }

  private _failure(): void {
    const { _form: form } = this;
    if (form.restart !== 'off') {
      this._whole('restart.limit', form.restartLimit, 1, MAX_RESTARTS);
    }
    const minutes = form.keepMinutes || '0';
    this._whole('keep_on_failure_minutes', minutes, 0, MAX_KEEP_MINUTES);
  }

  /** Check that names of rows are valid and unique. */
  private _names(
    group: 'hyperparameters' | 'environment' | 'secrets',
    shape: RegExp,
    rule: string
  ): void {
    const names = new Set<string>();
    this._form[group].forEach((row, at) => {
      if (!isFilled(row)) {
        return;
      }
      const path = `${group}.${at}.name`;
      const name = row.name.trim();
      const duplicate = this._trans.__('Duplicate name “%1”.', name);
      this._addError(path, !shape.test(name), rule);
      this._addError(path, names.has(name), duplicate);
      names.add(name);
    });
  }

  private _absolute(path: string, value: string): void {
    this._addError(
      path,
      value.trim() !== '' && !value.trim().startsWith('/'),
      this._trans.__('Write it from the root: /home/jovyan/experiment.')
    );
  }

  private _whole(path: string, text: string, min: number, max: number): void {
    const number = Number(text);
    this._addError(
      path,
      !/^\d+$/.test(text.trim()) || number < min || number > max,
      this._trans.__('A whole number from %1 to %2.', String(min), String(max))
    );
  }

  private _addError(path: string, isWrong: boolean, sentence: string): void {
    if (isWrong && !(path in this._errors)) {
      this._errors[path] = sentence;
    }
  }

  private _errors: FormErrors = {};
}
