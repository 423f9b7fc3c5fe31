import { VDomModel } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import {
  emptyForm,
  formOf,
  nameOf,
  placeErrors,
  specOf,
  validate,
  type FormErrors,
  type FormField,
  type IJobForm
} from '../model/jobForm';
import { scriptPath } from '../model/notebookScript';
import type { IDefaults, IJob, IJobSpec } from '../model/wire';
import { TrainingError } from '../request';
import type { ITrainingJobs } from '../tokens';

/** Where a new form starts. */
export interface IFormStart {
  /** Path of a document as JupyterLab names it. */
  path?: string;
  /** A job to submit again. */
  spec?: IJobSpec;
}

export interface IFormFiles {
  /** Let the person pick a file; null when they would not. */
  pick(): Promise<string | null>;
  /** Write a notebook's code to a script beside it. */
  convert(notebookPath: string): Promise<string>;
}

/** A form for a new job while a person fills it in. */
export class FormModel extends VDomModel {
  constructor(
    private _jobs: ITrainingJobs,
    readonly files: IFormFiles,
    private _trans: TranslationBundle,
    private _start: IFormStart
  ) {
    super();
    void this._load();
  }

  readonly submitted = new Signal<this, IJob>(this);
  defaults: IDefaults | null = null;
  form: IJobForm = emptyForm();
  busy = false;
  /** What is wrong with the whole. */
  problem = '';
  /** A notebook whose code is written to the script on submission. */
  notebook = '';

  /** What is wrong, at the fields a person has been to. */
  get errors(): FormErrors {
    const all = { ...this._validate(), ...this._refused };
    const seen = Object.entries(all).filter(([field]) =>
      this._visited.has(field as FormField)
    );
    return Object.fromEntries(seen);
  }

  set<F extends FormField>(field: F, value: IJobForm[F]): void {
    this.form = { ...this.form, [field]: value };
    delete this._refused[field];
    if (field === 'name') {
      this._namedByHand = value !== '';
    }
    if (field === 'script') {
      this.notebook = '';
      this._takeName();
    }
    if (value !== '') {
      this._visited.add(field);
    }
    this.stateChanged.emit();
  }

  leave(field: FormField): void {
    this._visited.add(field);
    this.stateChanged.emit();
  }

  /** Let the person pick the file to run. */
  async browse(): Promise<void> {
    const path = await this.files.pick();
    if (path !== null) {
      this._take(path);
      this.stateChanged.emit();
    }
  }

  async submit(): Promise<void> {
    if (!this.defaults || this.busy) {
      return;
    }
    const wrong = this._validate();
    (Object.keys(this.form) as FormField[]).forEach(field =>
      this._visited.add(field)
    );
    this._refused = {};
    this.problem = '';
    if (Object.keys(wrong).length > 0) {
      this.stateChanged.emit();
      return;
    }
    this.busy = true;
    this.stateChanged.emit();
    try {
      if (this.notebook) {
        await this.files.convert(this.notebook);
      }
      this.submitted.emit(
        await this._jobs.submit(specOf(this.form, this.defaults))
      );
    } catch (reason) {
      this._refuse(reason);
    }
    this.busy = false;
    this.stateChanged.emit();
  }

  private async _load(): Promise<void> {
    try {
      this.defaults = await this._jobs.defaults();
    } catch (reason) {
      this.problem = reason instanceof Error ? reason.message : String(reason);
      this.stateChanged.emit();
      return;
    }
    const { spec, path } = this._start;
    if (spec) {
      this.form = formOf(spec, this.defaults);
      this._namedByHand = true;
    } else if (path) {
      this._take(path);
    }
    this.stateChanged.emit();
  }

  /** Take a document of JupyterLab as what the job runs. */
  private _take(path: string): void {
    this.notebook = path.endsWith('.ipynb') ? path : '';
    const file = this.notebook ? scriptPath(path) : path;
    const root = this.defaults?.root.replace(/\/$/, '') ?? '';
    this.form = { ...this.form, script: `${root}/${file.replace(/^\//, '')}` };
    delete this._refused.script;
    this._takeName();
  }

  private _takeName(): void {
    if (!this._namedByHand) {
      this.form = { ...this.form, name: nameOf(this.form.script) };
    }
  }

  private _refuse(reason: unknown): void {
    const message = reason instanceof Error ? reason.message : String(reason);
    const fields = reason instanceof TrainingError ? reason.fields : {};
    const [placed, rest] = placeErrors(fields);
    this._refused = placed;
    this.problem = [message, ...rest].join(' ');
  }

  private _validate(): FormErrors {
    const { defaults } = this;
    return defaults ? validate(this.form, defaults, this._trans) : {};
  }

  private _namedByHand = false;
  private _refused: FormErrors = {};
  private _visited = new Set<FormField>();
}
