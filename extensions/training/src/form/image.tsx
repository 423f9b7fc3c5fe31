import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Field } from './fields';
import type { FormModel } from './model';

/** The image: that of this environment, or another one. */
export function ImageField(props: {
  model: FormModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { defaults, form } = model;
  const [isOther, setOther] = React.useState(false);
  const other = isOther || form.image !== '';
  const here = defaults?.environment
    ? trans.__('This environment (%1)', defaults.environment)
    : trans.__('This environment');
  return (
    <Field
      field="image"
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
