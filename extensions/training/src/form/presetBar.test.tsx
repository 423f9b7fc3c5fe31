import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { fireEvent, screen, waitFor, within } from '@testing-library/react';

import { FakeSettings, openForm } from '../../testing/form';
import { clear, hasFocus } from '../../testing/page';
import { FakeServer } from '../../testing/server';

afterEach(clear);

/** The bar of a form whose job has a name. */
async function bar(settings = new FakeSettings()) {
  const form = openForm(new FakeServer(), { settings });
  await form.store.open();
  await waitFor(() => assert.ok(form.model.defaults));
  form.model.set('name', 'baseline');
  const group = await screen.findByRole('group', { name: 'Presets' });
  return { ...form, group, inBar: within(group) };
}

const button = (name: string) => screen.getByRole('button', { name });

async function save(name: string): Promise<void> {
  fireEvent.click(button('Save as preset…'));
  const input = await screen.findByRole('textbox', {
    name: 'What the preset is called'
  });
  fireEvent.change(input, { target: { value: name } });
  fireEvent.submit(input);
}

test('a preset is saved under a name that the form proposes', async () => {
  const { settings, inBar } = await bar();
  const opener = button('Save as preset…');
  opener.focus();
  fireEvent.click(opener);
  const input = await screen.findByRole<HTMLInputElement>('textbox', {
    name: 'What the preset is called'
  });
  await hasFocus(() => input);
  assert.equal(input.value, 'baseline');
  assert.equal(opener.getAttribute('aria-expanded'), 'true');
  fireEvent.click(inBar.getByRole('button', { name: 'Save' }));
  assert.ok(await screen.findByText('“baseline” was saved.'));
  assert.match(settings.raw, /"name": "baseline"/);
  // The field is gone: the button that opened it has the focus.
  await hasFocus(() => opener);
  const choice = screen.getByRole<HTMLSelectElement>('combobox', {
    name: 'Preset'
  });
  assert.equal(choice.value, 'baseline');
});

test('Escape closes the field, and nothing is saved', async () => {
  const { settings } = await bar();
  const opener = button('Save as preset…');
  fireEvent.click(opener);
  const input = await screen.findByRole('textbox', {
    name: 'What the preset is called'
  });
  await hasFocus(() => input);
  fireEvent.keyDown(input, { key: 'Escape' });
  await waitFor(() => assert.ok(!input.isConnected));
  await hasFocus(() => opener);
  assert.equal(settings.raw, '{}');
});

test('a blank name cannot be saved', async () => {
  const { inBar } = await bar();
  fireEvent.click(button('Save as preset…'));
  const input = await screen.findByRole('textbox', {
    name: 'What the preset is called'
  });
  fireEvent.change(input, { target: { value: '  ' } });
  const saving = inBar.getByRole<HTMLButtonElement>('button', { name: 'Save' });
  await waitFor(() => assert.ok(saving.disabled));
});

test('loading fills the form, and is undone', async () => {
  const { model } = await bar();
  model.set('cpu', '4');
  await save('large');
  assert.ok(await screen.findByText('“large” was saved.'));
  model.set('cpu', '1');
  fireEvent.click(button('Load'));
  assert.ok(await screen.findByText('“large” fills the form.'));
  const cpu = screen.getByRole<HTMLInputElement>('textbox', { name: 'CPU' });
  assert.equal(cpu.value, '4');
  const undo = button('Undo');
  undo.focus();
  fireEvent.click(undo);
  assert.ok(await screen.findByText('Undone.'));
  await waitFor(() => assert.equal(model.form.cpu, '1'));
  await hasFocus(() => button('Save as preset…'));
});

test('an edited form no longer offers to undo the loading', async () => {
  const { model } = await bar();
  await save('large');
  assert.ok(await screen.findByText('“large” was saved.'));
  fireEvent.click(button('Load'));
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

  const deleting = button('Delete');
  deleting.focus();
  fireEvent.click(deleting);
  assert.ok(await screen.findByText('“large” was deleted.'));
  assert.deepEqual(store.presets, []);
  await hasFocus(() => button('Save as preset…'));
  fireEvent.click(button('Undo'));
  await waitFor(() => assert.equal(store.presets.length, 1));
});

test('settings that cannot be written are told', async () => {
  const { settings } = await bar();
  settings.refuse = 'Your home is full. Remove files, then save again.';
  await save('large');
  assert.ok(await screen.findByText(settings.refuse));
  assert.ok(!screen.queryByRole('button', { name: 'Undo' }));
});
