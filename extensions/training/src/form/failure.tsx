import * as React from 'react';

import { ChoiceInput, TextInput } from './fields';
import type { IPartProps } from './program';

/** What happens when the job fails or hangs. */
export function FailurePart({ model, trans }: IPartProps): JSX.Element {
  const { restart } = model.form;
  const hints = {
    off: trans.__('A failed job stays as it is.'),
    limit: trans.__(
      'When a node or the platform failed; a script that fails is not restarted.'
    ),
    include_script_failures: trans.__(
      'Also when the script failed. Stops after three failures in a row.'
    )
  };
  return (
    <>
      <div className="mf-FieldPair">
        <ChoiceInput
          model={model}
          field="restart"
          label={trans.__('Restart')}
          choices={[
            ['off', trans.__('Off')],
            ['limit', trans.__('After failures of the platform')],
            ['include_script_failures', trans.__('After any failure')]
          ]}
          hint={hints[restart]}
        />
        {restart !== 'off' && (
          <TextInput
            model={model}
            field="restartLimit"
            label={trans.__('Maximum restarts')}
            isNumber
            min={1}
            max={128}
          />
        )}
      </div>
      <div className="mf-FieldPair">
        <ChoiceInput
          model={model}
          field="hangPolicy"
          label={trans.__('When it makes no progress')}
          choices={[
            ['off', trans.__('Do nothing')],
            ['notify', trans.__('Warn me')],
            ['restart', trans.__('Restart it')]
          ]}
          hint={
            model.form.hangPolicy === 'restart' && restart === 'off'
              ? trans.__('Restarts are off: you will only be warned.')
              : ''
          }
        />
        <TextInput
          model={model}
          field="holdMinutes"
          label={trans.__('Hold failed containers (minutes)')}
          hint={trans.__(
            'So you can inspect them in Cloud Shell. They still count against the quota.'
          )}
          isNumber
          min={0}
          max={1440}
        />
      </div>
    </>
  );
}
