import { isWithin, assignErrors, type FormErrors } from '../model/formErrors';
import { validate } from '../model/jobChecks';
import type { IJobForm, ITranslate } from '../model/jobForm';
import type { IDefaults } from '../model/defaults';
import type { IRefusal } from './preview';

/**
 * The errors of a form: reported by the service, or found here. Local errors are
 * visible only at fields that were touched, so that nobody sees errors for fields not
 * reached yet.
 */
export class FormErrorState {
  constructor(private _trans: ITranslate) {}

  /** Errors of the service that belong to no field of the form. */
  generalErrors: string[] = [];

  /** Whether the form passes all local checks. */
  get isValid(): boolean {
    return Object.keys(this._localErrors).length === 0;
  }

  get visible(): FormErrors {
    return { ...this._serverWarnings, ...this._errors };
  }

  /** Number of fields with an error; warnings do not count. */
  get count(): number {
    return Object.keys(this._errors).length;
  }

  check(form: IJobForm, defaults: IDefaults): void {
    this._localErrors = validate(form, defaults, this._trans);
  }

  /** Store the service's errors and the warnings of this server. */
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

  /**
   * Store a refusal; return the message for the whole form, or an empty string if the
   * errors already contain it.
   */
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

  /** The user tried to submit: show the errors of all fields from now on. */
  touchAll(): void {
    this._allTouched = true;
  }

  /** Drop the service's errors and warnings of a field that has changed. */
  clearServerErrors(path: string): void {
    const remaining = Object.entries(this._serverErrors).filter(
      ([each]) => !isWithin(each, path)
    );
    this._serverErrors = Object.fromEntries(remaining);
    this._serverWarnings = Object.fromEntries(
      Object.entries(this._serverWarnings).filter(
        ([each]) => !isWithin(each, path)
      )
    );
    this.generalErrors = [];
  }

  /** Forget touched fields and errors of a group whose rows got new indices. */
  reindex(group: string): void {
    const remaining = [...this._touched].filter(path => !isWithin(path, group));
    this._touched = new Set(remaining);
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
