import type { IJob } from '@mofang/shared';

import { codeDirectoryOf, type IJobForm } from '../model/jobForm';
import { specOf } from '../model/jobSpec';
import type { IDefaults } from '../model/defaults';
import type { ITrainingJobs } from '../tokens';

export interface IFormFiles {
  /** Let the person pick a file; null when they would not. */
  pick(): Promise<string | null>;
  /** Write a notebook's code to a script beside it. */
  convert(notebookPath: string): Promise<string>;
  /** Save the document if it is open and has changes. */
  save(path: string): Promise<void>;
}

/** Step of a submission. */
export type Step = 'typing' | 'saving' | 'copying' | 'sending';

interface ISubmission {
  form: IJobForm;
  defaults: IDefaults;
  /** The document the form is for, as JupyterLab names it; may be empty. */
  document: string;
}

/** Save what runs, copy the code if it is to be kept, and send the job. */
export async function submitForm(
  { form, defaults, document }: ISubmission,
  jobs: ITrainingJobs,
  files: IFormFiles,
  setStep: (step: Step) => void
): Promise<IJob> {
  if (document && form.program !== 'command') {
    setStep('saving');
    await (form.program === 'converted'
      ? files.convert(document)
      : files.save(document));
  }
  let code = null;
  if (form.code === 'snapshot') {
    setStep('copying');
    code = await jobs.snapshot(codeDirectoryOf(form, defaults));
  }
  setStep('sending');
  return jobs.submit(specOf(form, defaults, code));
}
