import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { fireEvent, screen, waitFor } from '@testing-library/react';

import {
  fill,
  isDisabled,
  isEnabled,
  press
} from '../../../shared/testing/controls';
import { FakeSettings, openForm } from '../../testing/form';
import { clear, hasFocus } from '../../testing/page';
import { FakeServer } from '../../testing/server';

afterEach(clear);

/** The bar of a form whose job has a name. */
async function bar(settings = new FakeSettings()) {
  const form = openForm(new FakeServer(), { settings });
  await form.store.open();
  await isEnabled('Submit');
  form.model.set('name', 'baseline');
  const group = await screen.findByRole('group', { name: 'Presets' });
  return { ...form, group };
}

const NAME = 'What the preset is called';

const button = (name: string) => screen.getByRole('button', { name });

async function save(name: string): Promise<void> {
  await press('Save as preset…');
  await fill(NAME, name);
  await press(/^(Save|Replace)$/);
}

test('a preset is saved under a name that the form proposes', async () => {
  const { settings } = await bar();
  await press('Save as preset…');
  const input = () => screen.getByLabelText<HTMLInputElement>(NAME);
  await hasFocus(input);
  assert.equal(input().value, 'baseline');
  assert.equal(button('Save as preset…').getAttribute('aria-expanded'), 'true');
  await press('Save');
  assert.ok(await screen.findByText('“baseline” was saved.'));
  assert.match(settings.raw, /"name": "baseline"/);
  // The field is gone: the button that opened it has the focus.
  await hasFocus(() => button('Save as preset…'));
  await waitFor(() =>
    assert.equal(
      screen.getByLabelText<HTMLSelectElement>('Preset').value,
      'baseline'
    )
  );
});

test('Escape closes the field, and nothing is saved', async () => {
  const { settings } = await bar();
  await press('Save as preset…');
  const input = await screen.findByLabelText(NAME);
  await hasFocus(() => input);
  fireEvent.keyDown(input, { key: 'Escape' });
  await waitFor(() => assert.ok(!input.isConnected));
  await hasFocus(() => button('Save as preset…'));
  assert.equal(settings.raw, '{}');
});

test('a blank name cannot be saved', async () => {
  await bar();
  await press('Save as preset…');
  await fill(NAME, '  ');
  await waitFor(() => assert.ok(isDisabled(button('Save'))));
});

test('loading fills the form, and is undone', async () => {
  const { model } = await bar();
  model.set('cpu', '4');
  await save('large');
  assert.ok(await screen.findByText('“large” was saved.'));
  model.set('cpu', '1');
  await press('Load');
  assert.ok(await screen.findByText('“large” fills the form.'));
  await waitFor(() =>
    assert.equal(screen.getByLabelText<HTMLInputElement>('CPU').value, '4')
  );
  await press('Undo');
  assert.ok(await screen.findByText('Undone.'));
  await waitFor(() => assert.equal(model.form.cpu, '1'));
  await hasFocus(() => button('Save as preset…'));
});

test('an edited form no longer offers to undo the loading', async () => {
  const { model } = await bar();
  await save('large');
  assert.ok(await screen.findByText('“large” was saved.'));
  await press('Load');
  assert.ok(await screen.findByRole('button', { name: 'Undo' }));
  model.set('memory', '8Gi');
  await waitFor(() =>
    assert.ok(!screen.queryByRole('button', { name: 'Undo' }))
  );
});

test('a preset is replaced, deleted and brought back', async () => {
  const { store, model, group } = await bar();
  await save('large');
  assert.ok(await screen.findByText('“large” was saved.'));
  model.set('cpu', '8');
  await save('large');
  assert.ok(await screen.findByText('“large” was replaced.'));
  assert.equal(store.presets[0].form.cpu, '8');
  assert.deepEqual(await brokenRules(group), []);

  await press('Delete');
  assert.ok(await screen.findByText('“large” was deleted.'));
  assert.deepEqual(store.presets, []);
  await hasFocus(() => button('Save as preset…'));
  await press('Undo');
  await waitFor(() => assert.equal(store.presets.length, 1));
});

test('settings that cannot be written are told', async () => {
  const { settings } = await bar();
  settings.refuse = 'Your home is full. Remove files, then save again.';
  await save('large');
  assert.ok(await screen.findByText(settings.refuse));
  assert.ok(!screen.queryByRole('button', { name: 'Undo' }));
});
