import * as React from 'react';

import { DEFAULT_USER } from '../model/jobForm';
import { TextInput } from './fields';
import type { IPartProps } from './program';
import { RowList } from './rowList';

/** Variables, secrets, and whom the program runs as. */
export function EnvironmentPart({ model, trans }: IPartProps): JSX.Element {
  return (
    <>
      <RowList
        model={model}
        trans={trans}
        field="env"
        title={trans.__('Environment variables')}
        hint={trans.__(
          'Not for passwords or keys: everyone in the project sees them.'
        )}
        add={trans.__('Add variable')}
        remove={number => trans.__('Remove variable %1', number)}
        empty={{ name: '', value: '' }}
      >
        {cells => {
          const number = String(cells.at + 1);
          return (
            <>
              {cells.text(
                'name',
                trans.__('Name of variable %1', number),
                'NAME'
              )}
              {cells.text(
                'value',
                trans.__('Value of variable %1', number),
                trans.__('value')
              )}
            </>
          );
        }}
      </RowList>
      <RowList
        model={model}
        trans={trans}
        field="secrets"
        title={trans.__('Secrets')}
        hint={trans.__(
          'Variables whose values the project keeps in its secrets; they are not in the job’s settings.'
        )}
        add={trans.__('Add secret')}
        remove={number => trans.__('Remove secret %1', number)}
        empty={{ name: '', secret: '', key: '' }}
      >
        {cells => {
          const number = String(cells.at + 1);
          return (
            <>
              {cells.text(
                'name',
                trans.__('Variable of secret %1', number),
                'HF_TOKEN'
              )}
              <span className="mf-Quiet" aria-hidden="true">
                ←
              </span>
              {cells.text(
                'secret',
                trans.__('Name of secret %1', number),
                trans.__('secret')
              )}
              <span className="mf-Quiet" aria-hidden="true">
                :
              </span>
              {cells.text(
                'key',
                trans.__('Key of secret %1', number),
                trans.__('key')
              )}
            </>
          );
        }}
      </RowList>
      <TextInput
        model={model}
        field="runAsUser"
        label={trans.__('Run as user')}
        className="mf-mod-short"
        placeholder={DEFAULT_USER}
        hint={trans.__(
          'User ID that runs the program and owns its files. Yours is 1000.'
        )}
        isNumber
        min={1}
        max={65535}
      />
    </>
  );
}
