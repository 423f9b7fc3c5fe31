import type { VDomRenderer } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import { JSONExt, type ReadonlyJSONValue } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';
import type { IEnvironmentList, IJob } from '@mofang/shared';

import { NO_ENVIRONMENTS } from '../model/environmentChoices';
import { pathOf, type FormErrors } from '../model/formErrors';
import {
  emptyForm,
  type FormField,
  type IJobForm,
  type Program
} from '../model/jobForm';
import { specOf } from '../model/jobSpec';
import type { IDefaults } from '../model/defaults';
import type { ITrainingJobs } from '../tokens';
import { FormErrorState } from './formErrorState';
import { PreviewLoader } from './preview';
import { refusalOf } from './refusal';
import {
  isNotebook,
  startForm,
  withDocument,
  withProgram,
  withDefaultName,
  type IFormStart
} from './start';
import { submitForm, type IFormFiles, type Step } from './submission';

/** Model of the form for a new job. */
export class FormModel implements VDomRenderer.IModel {
  constructor(
    private _jobs: ITrainingJobs,
    private _files: IFormFiles,
    trans: TranslationBundle,
    private _start: IFormStart
  ) {
    this._errorState = new FormErrorState(trans);
    this.previewLoader = new PreviewLoader(
      spec => _jobs.preview(spec).catch(refusalOf),
      () => this._applyPreview()
    );
    void this.load();
    void this.readEnvironments();
  }

  isDisposed = false;
  readonly stateChanged = new Signal<this, void>(this);
  readonly submitted = new Signal<this, IJob>(this);
  readonly previewLoader: PreviewLoader;
  defaults: IDefaults | null = null;
  /** Environments that jobs may use; empty until loaded. */
  environments: IEnvironmentList = NO_ENVIRONMENTS;
  /** Why they could not be read. */
  environmentsProblem = '';
  form: IJobForm = emptyForm();
  /** Whether the defaults are being read. */
  isLoading = false;
  step: Step = 'typing';
  /** Error of the whole form. */
  problem = '';
  /** Document that the form is for, as JupyterLab names it; may be empty. */
  document = '';
  /** Incremented when the whole form is replaced. */
  generation = 0;

  dispose(): void {
    this.isDisposed = true;
    this.previewLoader.dispose();
    Signal.clearData(this);
  }

  /** Whether the form has unsaved changes. */
  get isChanged(): boolean {
    return !JSONExt.deepEqual(plain(this.form), plain(this._initialForm));
  }

  /** Read the server's defaults and initialize the form. */
  async load(): Promise<void> {
    if (this.isLoading) {
      return;
    }
    this.isLoading = true;
    this.stateChanged.emit();
    try {
      const defaults = await this._jobs.defaults();
      if (!this.isDisposed) {
        this._startForm(defaults);
      }
    } catch (reason) {
      this.problem = refusalOf(reason).problem;
    } finally {
      this.isLoading = false;
      this.stateChanged.emit();
    }
  }

  /**
   * Read the environments unless they are loaded; on failure only this server's own is
   * offered.
   */
  async readEnvironments(): Promise<void> {
    if (this.environments !== NO_ENVIRONMENTS) {
      return;
    }
    try {
      this.environments = await this._jobs.environments();
      this.environmentsProblem = '';
    } catch (reason) {
      this.environmentsProblem = refusalOf(reason).problem;
    }
    if (!this.isDisposed) {
      this.stateChanged.emit();
    }
  }

  /** Error messages by path. */
  get errors(): FormErrors {
    return this._errorState.visible;
  }

  /** Number of fields with an error. */
  get errorCount(): number {
    return this._errorState.count;
  }

  /** Errors of the service that belong to no field of the form. */
  get generalErrors(): readonly string[] {
    return this._errorState.generalErrors;
  }

  /** Whether the form passes all local checks. */
  get isValid(): boolean {
    return this._errorState.isValid;
  }

  /** Path of the document if it is a notebook, else empty. */
  get notebook(): string {
    return isNotebook(this.document) ? this.document : '';
  }

  /** Change a field; `path` where only a part of it, such as a row, changed. */
  set<F extends FormField>(
    field: F,
    value: IJobForm[F],
    path = pathOf(field)
  ): void {
    this._deferUntilLoaded(() => this.set(field, value, path));
    this.form = { ...this.form, [field]: value };
    switch (field) {
      case 'framework':
        this.form = { ...this.form, engine: '' };
        break;
      case 'image':
        this.form = { ...this.form, imageEnvironment: '', isCustomImage: true };
        break;
      case 'name':
        this._isNamedByHand = value !== '';
        break;
      case 'script':
        // Another file than the document's.
        this.form = { ...this.form, program: 'script' };
        this.document = '';
        this._applyDefaultName();
    }
    this._errorState.clearServerErrors(path);
    if (value !== '') {
      this._errorState.touch(path);
    }
    this._update();
  }

  /** Choose an environment; empty for this server's, null for an image of one's own. */
  selectEnvironment(name: string | null): void {
    this._deferUntilLoaded(() => this.selectEnvironment(name));
    const imageEnvironment = name ?? '';
    const isCustomImage = name === null;
    this.form = { ...this.form, image: '', imageEnvironment, isCustomImage };
    this._errorState.clearServerErrors('image');
    this._update();
  }

  blur(path: string): void {
    this._errorState.touch(path);
    this.stateChanged.emit();
  }

  /** Replace the rows of a field by rows with other indices. */
  reindex<F extends FormField>(field: F, value: IJobForm[F]): void {
    this._deferUntilLoaded(() => this.reindex(field, value));
    this.form = { ...this.form, [field]: value };
    this._errorState.reindex(pathOf(field));
    this._update();
  }

  selectProgram(program: Program): void {
    if (this.defaults) {
      const { form, notebook, defaults } = this;
      this.form = withProgram(form, program, notebook, defaults);
      this._errorState.clearServerErrors('script');
      this._applyDefaultName();
      this._update();
    }
  }

  /** Take the values of a preset; what runs stays if the form is for a document. */
  fill(preset: IJobForm): void {
    const { name, script, program } = this.form;
    const ofDocument = this.document ? { name, script, program } : {};
    this.restore({ ...preset, ...ofDocument });
  }

  /** Take another form as a whole. */
  restore(form: IJobForm): void {
    this.form = form;
    this._isNamedByHand ||= form.name !== '';
    this._errorState.clear();
    this.problem = '';
    this.generation += 1;
    this._update();
  }

  /** Let the person pick the file to run. */
  async browse(): Promise<void> {
    let path: string | null;
    try {
      path = await this._files.pick();
    } catch (reason) {
      this.problem = refusalOf(reason).problem;
      this.stateChanged.emit();
      return;
    }
    if (path !== null && this.defaults) {
      this.document = path;
      this.form = withDocument(this.form, path, this.defaults);
      this._errorState.clearServerErrors('script');
      this._applyDefaultName();
      this._update();
    }
  }

  /** Submit; returns false if there are errors to fix first. */
  async submit(): Promise<boolean> {
    const { defaults, document, form } = this;
    if (!defaults || this.step !== 'typing') {
      return false;
    }
    this._errorState.touchAll();
    this.problem = '';
    if (!this._errorState.isValid) {
      this.stateChanged.emit();
      return false;
    }
    try {
      const submission = { form, defaults, document };
      this.submitted.emit(
        await submitForm(submission, this._jobs, this._files, step =>
          this._setStep(step)
        )
      );
      return true;
    } catch (reason) {
      const refusal = refusalOf(reason);
      this.problem = this._errorState.setRefusal(refusal, this.form, defaults);
      return false;
    } finally {
      this._setStep('typing');
    }
  }

  private _setStep(step: Step): void {
    if (!this.isDisposed) {
      this.step = step;
      this.stateChanged.emit();
    }
  }

  private _startForm(defaults: IDefaults): void {
    this.defaults = defaults;
    this.problem = '';
    this.form = startForm(this._start, defaults);
    this.document = this._start.path ?? '';
    this._isNamedByHand = Boolean(this._start.spec ?? this._start.job);
    this._applyDefaultName();
    this._initialForm = this.form;
    this.generation += 1;
    this._deferredEdits.splice(0).forEach(edit => edit());
    this._update();
  }

  /** Replay an edit once the defaults are loaded. */
  private _deferUntilLoaded(edit: () => void): void {
    if (!this.defaults) {
      this._deferredEdits.push(edit);
    }
  }

  private _applyDefaultName(): void {
    if (!this._isNamedByHand) {
      this.form = withDefaultName(this.form);
    }
  }

  /** Validate the form and request a preview of it. */
  private _update(): void {
    const { defaults, form } = this;
    if (defaults) {
      this._errorState.check(form, defaults);
      this.previewLoader.request(
        this._errorState.isValid ? specOf(form, defaults) : null
      );
    }
    this.stateChanged.emit();
  }

  private _applyPreview(): void {
    if (this.defaults) {
      const { fields, warnings } = this.previewLoader;
      const missing = withoutWritten(warnings, this.form);
      this._errorState.setServerErrors(
        fields,
        this.form,
        this.defaults,
        missing
      );
    }
    this.stateChanged.emit();
  }

  private _deferredEdits: (() => void)[] = [];
  private _isNamedByHand = false;
  private _errorState: FormErrorState;
  /** The form before any edit. */
  private _initialForm = this.form;
}

function plain(form: IJobForm): ReadonlyJSONValue {
  return form as unknown as ReadonlyJSONValue;
}

/** The warnings, without the one for a file that the form itself will write. */
function withoutWritten(
  { script = '', ...others }: Record<string, string>,
  form: IJobForm
): Record<string, string> {
  return script && form.program !== 'converted'
    ? { script, ...others }
    : others;
}
