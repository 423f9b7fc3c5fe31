import * as React from 'react';

import { ChoiceInput, Field, TextInput } from './fields';
import type { IPartProps } from './program';
import { RolesPart } from './roles';

/** The image, and how much of what the job gets. */
export function ResourcesPart({ model, trans }: IPartProps): JSX.Element {
  return (
    <>
      <ImageField model={model} trans={trans} />
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
        {model.form.framework !== 'single' && (
          <TextInput
            model={model}
            field="processes"
            label={trans.__('Processes per replica')}
            placeholder={trans.__('one per GPU')}
            hint={trans.__('Default: one per GPU, otherwise one.')}
            isNumber
            least={1}
            most={256}
          />
        )}
      </div>
    </>
  );
}

/** The image: that of this environment, or another one. */
function ImageField({ model, trans }: IPartProps): JSX.Element {
  const { defaults, form } = model;
  const [isOther, setOther] = React.useState(false);
  const other = isOther || form.image !== '';
  const here = defaults?.environment
    ? trans.__('This environment (%1)', defaults.environment)
    : trans.__('This environment');
  return (
    <Field
      label={trans.__('Image')}
      error={model.errors.image}
      hint={
        other ? trans.__('Full reference: registry/name:tag') : defaults?.image
      }
    >
      {attributes => (
        <span className="mf-InputRow">
          <select
            {...attributes}
            className="mf-Select"
            value={other ? 'other' : 'here'}
            onChange={event => {
              setOther(event.target.value === 'other');
              model.set('image', '');
            }}
          >
            <option value="here">{here}</option>
            <option value="other">{trans.__('Another image')}</option>
          </select>
          {other && (
            <input
              className="mf-Input"
              aria-label={trans.__('Reference of the other image')}
              aria-invalid={attributes['aria-invalid']}
              aria-describedby={attributes['aria-describedby']}
              value={form.image}
              placeholder="docker.io/mofang/pytorch:1"
              spellCheck={false}
              onChange={event => model.set('image', event.target.value)}
              onBlur={() => model.leave('image')}
            />
          )}
        </span>
      )}
    </Field>
  );
}
