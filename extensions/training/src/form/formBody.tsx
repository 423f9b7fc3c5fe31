import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { DEFAULT_USER, filled, type IJobForm } from '../model/jobForm';
import { EnvironmentPart } from './environment';
import { FailurePart } from './failure';
import { InputsOutputsPart } from './inputsOutputs';
import { ProgramPart, type IPartProps } from './program';
import { ResourcesPart } from './resources';
import { Section } from './section';

/** All sections of the form; the later ones are closed while they are empty. */
export function FormBody({ model, trans }: IPartProps): JSX.Element {
  const { form, errors, generation } = model;
  const pathCount = form.inputs.length + form.outputs.length;
  const variables = filled([...form.env, ...form.secrets]).length;
  const hasOwnUser = form.runAsUser !== DEFAULT_USER;
  const part = { model, trans };
  // Another form altogether opens other sections.
  return (
    <React.Fragment key={generation}>
      <Section
        title={trans.__('Program')}
        summary={form.script || form.command}
        isOpen
        groups={PROGRAM}
        errors={errors}
      >
        <ProgramPart {...part} />
      </Section>
      <Section
        title={trans.__('Inputs and outputs')}
        summary={
          pathCount
            ? trans.__(
                '%1 inputs, %2 outputs',
                String(form.inputs.length),
                String(form.outputs.length)
              )
            : trans.__('No inputs, no outputs')
        }
        isOpen={pathCount > 0}
        groups={INPUTS_OUTPUTS}
        errors={errors}
      >
        <InputsOutputsPart {...part} />
      </Section>
      <Section
        title={trans.__('Resources')}
        summary=""
        isOpen
        groups={RESOURCES}
        errors={errors}
      >
        <ResourcesPart {...part} />
      </Section>
      <Section
        title={trans.__('Variables and secrets')}
        summary={
          variables
            ? trans._n('%1 variable', '%1 variables', variables)
            : trans.__('No variables, no secrets')
        }
        isOpen={variables > 0 || hasOwnUser}
        groups={ENVIRONMENT}
        errors={errors}
      >
        <EnvironmentPart {...part} />
      </Section>
      <Section
        title={trans.__('After a failure')}
        summary={failureSummary(form, trans)}
        isOpen={
          form.restart !== 'off' ||
          form.hangPolicy !== 'notify' ||
          form.holdMinutes !== '0'
        }
        groups={FAILURE}
        errors={errors}
      >
        <FailurePart {...part} />
      </Section>
    </React.Fragment>
  );
}

const PROGRAM = [
  'framework',
  'script',
  'command',
  'arguments',
  'hyperparameters',
  'flags',
  'working_directory',
  'code',
  'requirements'
];
const RESOURCES = [
  'image',
  'replicas',
  'resources',
  'roles',
  'priority',
  'processes_per_replica'
];
const INPUTS_OUTPUTS = ['inputs', 'outputs'];
const ENVIRONMENT = ['env', 'secrets', 'run_as_user'];
const FAILURE = ['restart', 'hang_policy', 'hold_on_failure_minutes'];

function failureSummary(form: IJobForm, trans: TranslationBundle): string {
  switch (form.restart) {
    case 'off':
      return trans.__('No restart');
    case 'limit':
      return trans.__('At most %1 restarts', form.restartLimit);
    case 'include_script_failures':
      return trans.__('At most %1 restarts, in any case', form.restartLimit);
  }
}
