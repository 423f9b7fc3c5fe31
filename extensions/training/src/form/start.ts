import type { IJob, IJobSpec } from '@mofang/shared';

import {
  emptyForm,
  nameOf,
  defaultFramework,
  type IJobForm,
  type Program
} from '../model/jobForm';
import { formOf } from '../model/jobSpec';
import { NOTEBOOK_FRAMEWORK } from '../model/frameworks.generated';
import { scriptPath } from '../model/notebookScript';
import type { IDefaults } from '../model/defaults';

/** Where a new form starts. */
export interface IFormStart {
  /** Path of a document as JupyterLab names it. */
  path?: string;
  /** A job to submit again. */
  spec?: IJobSpec;
  /** A job to repeat with changes. */
  job?: IJob;
}

export function startForm(start: IFormStart, defaults: IDefaults): IJobForm {
  if (start.job) {
    return repeated(start.job, defaults);
  }
  if (start.spec) {
    return formOf(start.spec, defaults);
  }
  const form = { ...emptyForm(), framework: defaultFramework(defaults) };
  return start.path ? withDocument(form, start.path, defaults) : form;
}

/** A snapshot in another user's home is taken again. */
function repeated(job: IJob, defaults: IDefaults): IJobForm {
  const form = { ...formOf(job.spec, defaults), rerunOf: job.id };
  return form.code === 'reuse' && job.owner !== defaults.user
    ? { ...form, code: 'snapshot', reusedCode: null }
    : form;
}

/** Take a document of JupyterLab as what the job runs. */
export function withDocument(
  form: IJobForm,
  path: string,
  defaults: IDefaults
): IJobForm {
  return isNotebook(path)
    ? withProgram(form, 'notebook', path, defaults)
    : {
        ...form,
        program: 'script',
        script: filePath(path, defaults),
        framework:
          form.program === 'notebook'
            ? defaultFramework(defaults)
            : form.framework
      };
}

/**
 * Choose what is run. A notebook runs in one container; its code, converted to a Python
 * file, can run on several nodes.
 */
export function withProgram(
  form: IJobForm,
  program: Program,
  notebook: string,
  defaults: IDefaults
): IJobForm {
  const before = form.program;
  const next: IJobForm = { ...form, program };
  if (program === 'notebook') {
    next.script = filePath(notebook, defaults);
    next.framework = NOTEBOOK_FRAMEWORK;
    next.engine = '';
  } else if (program === 'converted') {
    next.script = filePath(scriptPath(notebook), defaults);
  }
  if (before === 'notebook' && program !== 'notebook') {
    next.framework = defaultFramework(defaults);
  }
  return next;
}

export function withDefaultName(form: IJobForm): IJobForm {
  return form.program === 'command'
    ? form
    : { ...form, name: nameOf(form.script) };
}

export function isNotebook(path: string): boolean {
  return path.endsWith('.ipynb');
}

function filePath(path: string, defaults: IDefaults): string {
  return `${defaults.root_dir.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
}
