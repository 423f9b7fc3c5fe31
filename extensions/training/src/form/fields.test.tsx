import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { fill } from '../../../shared/testing/controls';
import { ChoiceInput, TextInput } from './fields';
import type { FormModel } from './model';

afterEach(cleanup);

/** A form that notes what is done to it. */
function fakeForm(errors: Record<string, string> = {}) {
  const done: unknown[][] = [];
  const model = {
    form: { cpu: '500m', hangPolicy: 'notify' },
    errors,
    set: (...args: unknown[]) => done.push(['set', ...args]),
    blur: (...args: unknown[]) => done.push(['blur', ...args])
  };
  return { model: model as unknown as FormModel, done };
}

const choices = [
  ['off', 'Nothing'],
  ['notify', 'Tell me']
] as const;

test('what is typed and left goes to the form', async () => {
  const { model, done } = fakeForm();
  render(<TextInput model={model} field="cpu" label="CPU" />);
  fireEvent.blur(await fill('CPU', '2'));
  assert.deepEqual(done, [
    ['set', 'cpu', '2'],
    ['blur', 'resources.cpu']
  ]);
});

test('an error takes the place of the hint, and is part of the field', () => {
  const { model } = fakeForm({ 'resources.cpu': 'Too much.' });
  render(<TextInput model={model} field="cpu" label="CPU" hint="Cores" />);
  const input = screen.getByLabelText('CPU');
  assert.equal(input.getAttribute('aria-invalid'), 'true');
  const message = input.getAttribute('aria-describedby')!;
  assert.equal(document.getElementById(message)?.textContent, 'Too much.');
  assert.equal(screen.queryByText('Cores'), null);
});

test('a choice goes to the form', async () => {
  const { model, done } = fakeForm();
  render(
    <ChoiceInput
      model={model}
      field="hangPolicy"
      label="Hang"
      choices={choices}
    />
  );
  const select = screen.getByLabelText<HTMLSelectElement>('Hang');
  assert.equal(select.value, 'notify');
  await fill('Hang', 'off');
  assert.deepEqual(done, [['set', 'hangPolicy', 'off']]);
});

test('fields are accessible', async () => {
  const { model } = fakeForm({ hang_policy: 'Choose another.' });
  const { container } = render(
    <form>
      <TextInput model={model} field="cpu" label="CPU" />
      <ChoiceInput
        model={model}
        field="hangPolicy"
        label="Hang"
        choices={choices}
      />
    </form>
  );
  assert.deepEqual(await brokenRules(container), []);
});
