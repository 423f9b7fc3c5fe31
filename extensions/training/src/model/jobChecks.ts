/**
 * Local validation of a form. The service has the final say; this only reports errors
 * earlier: what the schema of the wire format says, and below what a schema cannot say.
 */
import type { IRoleRule } from '@mofang/shared';

import { assignErrors, type FormErrors } from './formErrors';
import {
  DEFAULT_USER,
  flagsOf,
  isFilled,
  isFixed,
  rulesOf,
  runsCustomImage,
  type IJobForm,
  type IRoleForm,
  type ITranslate
} from './jobForm';
import { parseQuantity } from './quantity';
import { specOf } from './jobSpec';
import { schemaMessages } from './schemaMessages';
import { splitShellWords } from './shellWords';
import type { IDefaults } from './defaults';

const LEAST_CPU = 0.01;

/** Sentences by path; empty where nothing is wrong. */
export function validate(
  form: IJobForm,
  defaults: IDefaults,
  trans: ITranslate
): FormErrors {
  const messages = schemaMessages(specOf(form, defaults), trans);
  const [bySchema] = assignErrors(messages, form, defaults);
  return { ...bySchema, ...new Checks(form, defaults, trans).run() };
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
    return this._errors;
  }

  private _program(): void {
    const { _form: form, _trans: trans } = this;
    const closed = trans.__('A quotation mark is not closed.');
    if (form.program === 'command') {
      const words = splitShellWords(form.command);
      this._addError('command', words === null, closed);
      this._addError('command', !words?.[0], trans.__('Write what to run.'));
    } else {
      // The schema allows none, for jobs that are a command.
      this._addError(
        'script',
        !form.script.trim(),
        trans.__('Choose the file to run.')
      );
    }
    this._addError(
      'arguments',
      splitShellWords(form.arguments) === null,
      closed
    );
    this._unique('hyperparameters');
    this._flags();
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
      !isCustom && !form.environment && !defaults.image,
      trans.__('This server does not know its own image. Choose another.')
    );
    this._addError(
      'image',
      isCustom && !form.image.trim(),
      trans.__('Write its full reference: registry/name:tag.')
    );
    if (form.code === 'snapshot') {
      // It is not sent before there is a snapshot.
      this._absolute('code.directory', form.codeDirectory);
    }
    const user = form.runAsUser.trim() || DEFAULT_USER;
    this._addError(
      'run_as_user',
      form.code !== 'in_place' && user !== DEFAULT_USER,
      trans.__(
        'A snapshot of code is private to user %1. Leave the user id at %1, or use the code in place.',
        DEFAULT_USER
      )
    );
  }

  private _size(): void {
    const { _form: form, _defaults: defaults } = this;
    for (const rule of rulesOf(form, defaults)) {
      const role = rule.primary ? form : form.roles[rule.name];
      if (role) {
        this._role(rule, role);
      }
    }
  }

  private _role(rule: IRoleRule, role: IRoleForm): void {
    const { limits } = this._defaults;
    const root = rule.primary ? '' : `roles.${rule.name}.`;
    const mayBeEmpty = !rule.primary;
    const isRequired = (text: string) => text.trim() !== '' || !mayBeEmpty;
    if (!isFixed(rule) && isRequired(role.replicas)) {
      this._whole(
        `${root}replicas`,
        role.replicas,
        rule.min_replicas,
        rule.max_replicas
      );
    }
    if (rule.gpu_allowed && isRequired(role.gpu)) {
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

  private _variables(): void {
    const { _form: form, _trans: trans } = this;
    this._unique('env');
    this._unique('secrets');
    const variables = new Set(form.env.map(({ name }) => name.trim()));
    form.secrets.forEach((row, at) => {
      if (!isFilled(row)) {
        return;
      }
      this._addError(
        `secrets.${at}.name`,
        variables.has(row.name.trim()),
        trans.__('“%1” is a variable already.', row.name.trim())
      );
    });
  }

  /** Check that names of rows are unique. */
  private _unique(group: 'hyperparameters' | 'env' | 'secrets'): void {
    const names = new Set<string>();
    this._form[group].forEach((row, at) => {
      if (!isFilled(row)) {
        return;
      }
      const name = row.name.trim();
      const duplicate = this._trans.__('Duplicate name “%1”.', name);
      this._addError(`${group}.${at}.name`, names.has(name), duplicate);
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
