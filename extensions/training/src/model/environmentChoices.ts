/** Environments that a form offers, and their labels. */
import type { IEnvironment, IEnvironmentList } from '@mofang/shared';

import { runsCustomImage, type IJobForm, type ITranslate } from './jobForm';
import type { IDefaults } from './defaults';

export interface IEnvironmentChoice {
  /** Name of the environment, or one of the two below. */
  value: string;
  label: string;
  /** Whether it can run jobs of the form's framework. */
  isMatching: boolean;
  /** What is below the field once it is chosen. */
  hint: string;
}

/** This server's own environment. */
export const CURRENT_ENVIRONMENT = '';
/** An image that the form names; no environment is called so. */
export const CUSTOM = ':custom';

export const NO_ENVIRONMENTS: IEnvironmentList = {
  environments: [],
  allow_any_image: false
};

/** The value of what a form has chosen. */
export function chosenEnvironment(form: IJobForm): string {
  return runsCustomImage(form) ? CUSTOM : form.environment;
}

/** This environment first, the others as the gallery has them, and another image. */
export function environmentChoices(
  form: IJobForm,
  defaults: IDefaults,
  { environments, allow_any_image }: IEnvironmentList,
  trans: ITranslate
): IEnvironmentChoice[] {
  const chosen = chosenEnvironment(form);
  const others = environments
    .filter(({ name }) => name !== defaults.environment)
    .map(each => choiceOf(each, form, trans));
  const choices = [
    currentChoice(form, defaults, environments, trans),
    ...others
  ];
  if (chosen !== CUSTOM && !choices.some(({ value }) => value === chosen)) {
    // Of an earlier job: the service says what became of it.
    choices.push({ value: chosen, label: chosen, isMatching: true, hint: '' });
  }
  if (allow_any_image || chosen === CUSTOM) {
    choices.push({
      value: CUSTOM,
      label: trans.__('Custom image'),
      isMatching: true,
      hint: trans.__('Full reference: registry/name:tag')
    });
  }
  return choices;
}

function currentChoice(
  form: IJobForm,
  defaults: IDefaults,
  environments: readonly IEnvironment[],
  trans: ITranslate
): IEnvironmentChoice {
  const { environment: name, environment_frameworks, image } = defaults;
  const known = environments.find(each => each.name === name);
  const title = known?.display_name ?? name;
  const frameworks = known?.frameworks ?? environment_frameworks;
  return {
    value: CURRENT_ENVIRONMENT,
    label: labelOf(
      title
        ? trans.__('%1 (this environment)', title)
        : trans.__('This environment'),
      frameworks,
      trans
    ),
    isMatching: frameworks.length === 0 || frameworks.includes(form.framework),
    hint: image
  };
}

function choiceOf(
  environment: IEnvironment,
  form: IJobForm,
  trans: ITranslate
): IEnvironmentChoice {
  const { name, display_name, frameworks, image, unavailable_reason } =
    environment;
  const title = unavailable_reason
    ? trans.__('%1 (not available yet)', display_name)
    : display_name;
  return {
    value: name,
    label: labelOf(title, frameworks, trans),
    isMatching: frameworks.includes(form.framework),
    hint: unavailable_reason ?? image
  };
}

function labelOf(
  title: string,
  frameworks: readonly string[],
  trans: ITranslate
): string {
  return frameworks.length > 0
    ? trans.__('%1: %2', title, frameworks.join(', '))
    : title;
}
