import * as React from 'react';

import {
  chosenEnvironment,
  CUSTOM,
  environmentChoices
} from '../model/environmentChoices';
import { Field } from './fields';
import type { IPartProps } from './program';

/** The environment whose image the job runs, or an image by its reference. */
export function EnvironmentField({ model, trans }: IPartProps): JSX.Element {
  const { defaults, environments, environmentsProblem, form } = model;
  const chosen = chosenEnvironment(form);
  const choices = defaults
    ? environmentChoices(form, defaults, environments, trans)
    : [];
  return (
    <Field
      label={trans.__('Environment')}
      error={model.errors.image}
      hint={
        environmentsProblem
          ? trans.__(
              'Other environments could not be read: %1 Choose this field again to retry.',
              environmentsProblem
            )
          : choices.find(({ value }) => value === chosen)?.hint
      }
    >
      {attributes => (
        <span className="mf-InputRow">
          <select
            {...attributes}
            className="mf-Select"
            value={chosen}
            onFocus={() => void model.readEnvironments()}
            onChange={({ target: { value } }) =>
              model.selectEnvironment(value === CUSTOM ? null : value)
            }
          >
            {choices.map(({ value, label, isMatching }) => (
              <option
                key={value}
                value={value}
                disabled={!isMatching && value !== chosen}
              >
                {label}
              </option>
            ))}
          </select>
          {chosen === CUSTOM && (
            <input
              className="mf-Input"
              aria-label={trans.__('Reference of the image')}
              aria-invalid={attributes['aria-invalid']}
              aria-describedby={attributes['aria-describedby']}
              value={form.image}
              placeholder="docker.io/library/python:3.13"
              spellCheck={false}
              autoComplete="off"
              onChange={event => model.set('image', event.target.value)}
              onBlur={() => model.blur('image')}
            />
          )}
        </span>
      )}
    </Field>
  );
}
