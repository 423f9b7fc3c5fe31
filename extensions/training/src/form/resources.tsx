import * as React from 'react';

import { hasOneReplica } from '../model/jobForm';
import { EnvironmentField } from './environmentField';
import { ChoiceInput, TextInput } from './fields';
import type { IPartProps } from './program';
import { RolesPart } from './roles';

/** The environment, and how much of what the job gets. */
export function ResourcesPart({ model, trans }: IPartProps): JSX.Element {
  return (
    <>
      <EnvironmentField model={model} trans={trans} />
      <RolesPart model={model} trans={trans} />
      <div className="mf-FieldPair">
        <ChoiceInput
          model={model}
          field="priority"
          label={trans.__('Priority')}
          choices={[
            ['low', trans.__('Low')],
            ['normal', trans.__('Normal')],
            ['high', trans.__('High')]
          ]}
          hint={trans.__('Which waiting job of the project starts first.')}
        />
        {!hasOneReplica(model.form, model.defaults) && (
          <TextInput
            model={model}
            field="processes"
            label={trans.__('Processes per replica')}
            placeholder={trans.__('one per GPU')}
            hint={trans.__('Default: one per GPU, otherwise one.')}
            isNumber
            min={1}
            max={256}
          />
        )}
      </div>
    </>
  );
}
