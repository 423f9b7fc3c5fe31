import { isWithin, placeErrors, type FormErrors } from '../model/formErrors';
import { validate } from '../model/jobChecks';
import type { IJobForm, ITranslate } from '../model/jobForm';
import type { IDefaults } from '../model/wire';
import type { IRefusal } from './preview';

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
    return { ...this._warned, ...this._wrong };
  }

  /** How many fields must change; a warning is none. */
  get count(): number {
    return Object.keys(this._wrong).length;
  }

  check(form: IJobForm, defaults: IDefaults): void {
    this._local = validate(form, defaults, this._trans);
  }

  /** Take the service's sentences, and what this server warns of. */
  serve(
    fields: Record<string, string>,
    form: IJobForm,
    defaults: IDefaults,
    warnings: Record<string, string> = {}
  ): void {
    [this._served, this.remarks] = placeErrors(fields, form, defaults);
    [this._warned] = placeErrors(warnings, form, defaults);
  }

  /** Take a refusal; return what is told of the whole, so that each is told once. */
  refuse(
    { problem, fields }: IRefusal,
    form: IJobForm,
    defaults: IDefaults
  ): string {
    this.serve(fields, form, defaults);
    if (Object.keys(fields).length > 0 && this.remarks.length === 0) {
      return this._trans.__(
        'The job was not submitted. Fix the marked fields.'
      );
    }
    return this.remarks.includes(problem) ? '' : problem;
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
    this._warned = Object.fromEntries(
      Object.entries(this._warned).filter(([each]) => !isWithin(each, path))
    );
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
    this._warned = {};
    this.remarks = [];
  }

  private get _wrong(): FormErrors {
    const local = Object.entries(this._local).filter(
      ([path]) => this._isTried || this._visited.has(path)
    );
    return { ...this._served, ...Object.fromEntries(local) };
  }

  private _isTried = false;
  private _local: FormErrors = {};
  private _served: FormErrors = {};
  private _warned: FormErrors = {};
  private _visited = new Set<string>();
}
