import type { IRoleRule } from '@mofang/shared';
import * as React from 'react';

import {
  emptyRole,
  isFixed,
  rulesOf,
  defaultReplicas,
  type IRoleForm
} from '../model/jobForm';
import { CellInput } from './rowList';
import { TextInput } from './fields';
import type { IPartProps } from './program';

/** Replicas and resources: of the main role, and of the others where they differ. */
export function RolesPart({ model, trans }: IPartProps): JSX.Element {
  const { defaults, form } = model;
  const rules = defaults ? rulesOf(form, defaults) : [];
  const main = rules.find(rule => rule.primary);
  const others = rules.filter(rule => !rule.primary);
  const error = model.errors.roles;
  const messageId = `mf-${React.useId()}`;
  return (
    <>
      {main && <MainRole model={model} trans={trans} rule={main} />}
      {others.length > 0 && main && (
        <fieldset
          className="mf-Rows mf-Roles"
          data-invalid={Boolean(error)}
          aria-describedby={messageId}
          tabIndex={-1}
        >
          <legend>{trans.__('Other roles')}</legend>
          <div className="mf-RoleHead" aria-hidden="true">
            <span />
            <span>{trans.__('Replicas')}</span>
            <span>{trans.__('CPU')}</span>
            <span>{trans.__('Memory')}</span>
            <span>{trans.__('GPUs')}</span>
          </div>
          {others.map(rule => (
            <OtherRole
              key={rule.name}
              model={model}
              trans={trans}
              rule={rule}
            />
          ))}
          <span id={messageId} className={error ? 'mf-Error' : 'mf-Hint'}>
            {error ??
              trans.__(
                'Default: the usual number, as large as a %1.',
                main.name
              )}
          </span>
        </fieldset>
      )}
    </>
  );
}

interface IRoleProps extends IPartProps {
  rule: IRoleRule;
}

function MainRole({ model, trans, rule }: IRoleProps): JSX.Element {
  const limits = model.defaults?.limits;
  return (
    <fieldset className="mf-Resources">
      <legend>
        {isFixed(rule)
          ? trans.__('Its container')
          : trans.__('Each %1', rule.name)}
      </legend>
      {!isFixed(rule) && (
        <TextInput
          model={model}
          field="replicas"
          label={trans.__('Replicas')}
          hint={trans.__('How many of them')}
          isNumber
          min={rule.min_replicas}
          max={rule.max_replicas}
        />
      )}
      <TextInput
        model={model}
        field="cpu"
        label={trans.__('CPU')}
        hint={trans.__('Cores: 2, 500m')}
      />
      <TextInput
        model={model}
        field="memory"
        label={trans.__('Memory')}
        hint={trans.__('512Mi, 4Gi')}
      />
      {rule.gpu_allowed && (
        <TextInput
          model={model}
          field="gpu"
          label={trans.__('GPUs')}
          isNumber
          min={0}
          max={limits?.gpu}
        />
      )}
    </fieldset>
  );
}

function OtherRole({ model, trans, rule }: IRoleProps): JSX.Element {
  const { form } = model;
  const role = form.roles[rule.name] ?? emptyRole();
  const cell = (
    key: keyof IRoleForm,
    label: string,
    placeholder: string
  ): JSX.Element => {
    const tail = key === 'replicas' ? key : `resources.${key}`;
    const path = `roles.${rule.name}.${tail}`;
    const change = (value: string) => {
      // Of the form as it is now: another cell may have changed since it was drawn.
      const { roles } = model.form;
      const now = roles[rule.name] ?? emptyRole();
      const next = { ...roles, [rule.name]: { ...now, [key]: value } };
      model.set('roles', next, path);
    };
    return (
      <CellInput
        model={model}
        path={path}
        value={role[key]}
        label={label}
        placeholder={placeholder}
        change={change}
      />
    );
  };
  const { name } = rule;
  return (
    <div className="mf-RoleRow" role="group" aria-label={name}>
      <span className="mf-RoleName">
        {name}
        {rule.description && (
          <span className="mf-Hint">{rule.description}</span>
        )}
      </span>
      {isFixed(rule) ? (
        <span className="mf-RoleFixed">{rule.min_replicas}</span>
      ) : (
        cell(
          'replicas',
          trans.__('Replicas of %1', name),
          defaultReplicas(rule, form.roles)
        )
      )}
      {cell('cpu', trans.__('CPU of %1', name), form.cpu)}
      {cell('memory', trans.__('Memory of %1', name), form.memory)}
      {rule.gpu_allowed ? (
        cell('gpu', trans.__('GPUs of %1', name), form.gpu)
      ) : (
        <span className="mf-RoleFixed mf-Quiet">{trans.__('none')}</span>
      )}
    </div>
  );
}
