import { isWithin, placeErrors, type FormErrors } from '../model/formErrors';
import { validate } from '../model/jobChecks';
import type { IJobForm, ITranslate } from '../model/jobForm';
import type { IDefaults } from '../model/wire';

/**
 * What is wrong with a form: told by the service, or found here at fields that a
 * person has been to, so that nobody is blamed for what they did not reach yet.
 */
export class Faults {
  constructor(private _trans: ITranslate) {}

  /** Sentences of the service that have no field here. */
  remarks: string[] = [];

  /** Whether the form could be sent, as far as is known here. */
  get isSound(): boolean {
    return Object.keys(this._local).length === 0;
  }

  get shown(): FormErrors {
    const local = Object.entries(this._local).filter(
      ([path]) => this._isTried || this._visited.has(path)
    );
    return { ...this._served, ...Object.fromEntries(local) };
  }

  check(form: IJobForm, defaults: IDefaults): void {
    this._local = validate(form, defaults, this._trans);
  }

  /** Take the service's sentences. */
  serve(
    fields: Record<string, string>,
    form: IJobForm,
    defaults: IDefaults
  ): void {
    [this._served, this.remarks] = placeErrors(fields, form, defaults);
  }

  visit(path: string): void {
    this._visited.add(path);
  }

  /** Somebody wants to submit: everything counts now. */
  visitAll(): void {
    this._isTried = true;
  }

  /** What the service said about something counts no more once it changed. */
  drop(path: string): void {
    const kept = Object.entries(this._served).filter(
      ([each]) => !isWithin(each, path)
    );
    this._served = Object.fromEntries(kept);
    this.remarks = [];
  }

  /** Rows were counted anew: forget who was where. */
  recount(group: string): void {
    const kept = [...this._visited].filter(path => !isWithin(path, group));
    this._visited = new Set(kept);
    this.drop(group);
  }

  clear(): void {
    this._isTried = false;
    this._visited.clear();
    this._served = {};
    this.remarks = [];
  }

  private _isTried = false;
  private _local: FormErrors = {};
  private _served: FormErrors = {};
  private _visited = new Set<string>();
}
