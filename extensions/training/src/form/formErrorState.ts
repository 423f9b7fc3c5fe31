import { isWithin, assignErrors, type FormErrors } from '../model/formErrors';
import { validate } from '../model/jobChecks';
import type { IJobForm, ITranslate } from '../model/jobForm';
import type { IDefaults } from '../model/wire';
import type { IRefusal } from './preview';

/**
 * What is wrong with a form: told by the service, or found here at fields that a
 * person has been to, so that nobody is blamed for what they did not reach yet.
 */
export class FormErrorState {
  constructor(private _trans: ITranslate) {}

  /** Sentences of the service that have no field here. */
  generalErrors: string[] = [];

  /** Whether the form could be sent, as far as is known here. */
  get isValid(): boolean {
    return Object.keys(this._localErrors).length === 0;
  }

  get visible(): FormErrors {
    return { ...this._serverWarnings, ...this._errors };
  }

  /** How many fields must change; a warning is none. */
  get count(): number {
    return Object.keys(this._errors).length;
  }

  check(form: IJobForm, defaults: IDefaults): void {
    this._localErrors = validate(form, defaults, this._trans);
  }

  /** Take the service's sentences, and what this server warns of. */
  setServerErrors(
    fields: Record<string, string>,
    form: IJobForm,
    defaults: IDefaults,
    warnings: Record<string, string> = {}
  ): void {
    [this._serverErrors, this.generalErrors] = assignErrors(
      fields,
      form,
      defaults
    );
    [this._serverWarnings] = assignErrors(warnings, form, defaults);
  }

  /** Take a refusal; return what is told of the whole, so that each is told once. */
  setRefusal(
    { problem, fields }: IRefusal,
    form: IJobForm,
    defaults: IDefaults
  ): string {
    this.setServerErrors(fields, form, defaults);
    if (Object.keys(fields).length > 0 && this.generalErrors.length === 0) {
      return this._trans.__(
        'The job was not submitted. Fix the marked fields.'
      );
    }
    return this.generalErrors.includes(problem) ? '' : problem;
  }

  touch(path: string): void {
    this._touched.add(path);
  }

  /** Somebody wants to submit: everything counts now. */
  touchAll(): void {
    this._allTouched = true;
  }

  /** What the service said about something counts no more once it changed. */
  clearServerErrors(path: string): void {
    const kept = Object.entries(this._serverErrors).filter(
      ([each]) => !isWithin(each, path)
    );
    this._serverErrors = Object.fromEntries(kept);
    this._serverWarnings = Object.fromEntries(
      Object.entries(this._serverWarnings).filter(
        ([each]) => !isWithin(each, path)
      )
    );
    this.generalErrors = [];
  }

  /** Rows were counted anew: forget who was where. */
  reindex(group: string): void {
    const kept = [...this._touched].filter(path => !isWithin(path, group));
    this._touched = new Set(kept);
    this.clearServerErrors(group);
  }

  clear(): void {
    this._allTouched = false;
    this._touched.clear();
    this._serverErrors = {};
    this._serverWarnings = {};
    this.generalErrors = [];
  }

  private get _errors(): FormErrors {
    const local = Object.entries(this._localErrors).filter(
      ([path]) => this._allTouched || this._touched.has(path)
    );
    return { ...this._serverErrors, ...Object.fromEntries(local) };
  }

  private _allTouched = false;
  private _localErrors: FormErrors = {};
  private _serverErrors: FormErrors = {};
  private _serverWarnings: FormErrors = {};
  private _touched = new Set<string>();
}
