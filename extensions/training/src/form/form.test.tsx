import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { fireEvent, screen, waitFor } from '@testing-library/react';

import { fill, isEnabled, press } from '../../../shared/testing/controls';
import { openForm } from '../../testing/form';
import { clear, hasFocus, trans } from '../../testing/page';
import { job, spec } from '../../testing/jobs';
import { FakeServer, refusal } from '../../testing/server';
import { defaults, environments } from '../model/testDefaults';

afterEach(clear);

const preview = {
  manifest: 'kind: PyTorchJob\n',
  workload_kind: 'PyTorchJob',
  cost: [{ resource: 'cpu', requested: 2, used: 4, limit: 8 }],
  notes: ['It waits until a GPU is free.'],
  cache_bytes: { worker: 4.5 * 2 ** 30 },
  fields: {}
};

/** A form that has read its defaults, and shows them. */
async function loaded(
  server = new FakeServer(),
  options: Parameters<typeof openForm>[1] = {}
) {
  const form = openForm(server, options);
  await isEnabled('Submit');
  return form;
}

const button = (name: string) => screen.getByRole('button', { name });
const textbox = (name: string) =>
  screen.getByRole<HTMLInputElement>('textbox', { name });

test('defaults that are refused say why, and another try fills the form', async () => {
  const server = new FakeServer();
  server.answer('GET defaults', () =>
    refusal(503, 'The training service does not answer. Try again later.')
  );
  const { node } = openForm(server);
  const alert = await screen.findByRole('alert');
  assert.match(alert.textContent ?? '', /The training service does not answer/);
  assert.ok((button('Submit') as HTMLButtonElement).disabled);
  assert.deepEqual(await brokenRules(node), []);
  server.answer('GET defaults', () => defaults);
  const again = await press('Try again');
  await waitFor(() => assert.ok(!again.isConnected));
  // The button is gone: the first field has the focus.
  await hasFocus(() => textbox('Name'));
});

test('environments that cannot be read are told at their field, and read again', async () => {
  const server = new FakeServer();
  server.answer('GET environments', () =>
    refusal(503, 'The service restarts.')
  );
  await loaded(server);
  const field = screen.getByRole('combobox', { name: 'Environment' });
  assert.ok(
    await screen.findByText(/could not be read: The service restarts\./)
  );
  server.answer('GET environments', () => environments);
  field.focus();
  fireEvent.focus(field);
  assert.ok(await screen.findByRole('option', { name: /^PyTorch/ }));
  await waitFor(() => assert.ok(!screen.queryByText(/could not be read/)));
});

test('submitting an empty form leads to the first field that is wrong', async () => {
  const { node } = await loaded();
  await press('Submit');
  await hasFocus(() => textbox('Name'));
  await waitFor(() =>
    assert.equal(textbox('Name').getAttribute('aria-invalid'), 'true')
  );
  assert.match(
    (await screen.findByText(/fields must change$/)).textContent ?? '',
    /^\d+ fields must change$/
  );
  assert.deepEqual(await brokenRules(node), []);
});

test('a refusal that is of no field is an alert and gets the focus', async () => {
  const server = new FakeServer();
  server.answer('POST jobs', () =>
    refusal(403, 'The project is full. Delete jobs that have ended.')
  );
  const { model } = await loaded(server);
  model.set('script', '/home/jovyan/train.py');
  await waitFor(() => assert.equal(textbox('Name').value, 'train'));
  await press('Submit');
  const alert = await screen.findByRole('alert');
  assert.match(alert.textContent ?? '', /The project is full\. Delete jobs/);
  await hasFocus(() => alert);
  await waitFor(() => assert.equal(model.step, 'typing'));
});

test('a file dialog that fails is told', async () => {
  const pick = () => Promise.reject(new Error('The folder cannot be read.'));
  await loaded(new FakeServer(), { files: { pick } });
  await press('Browse…');
  assert.match(
    (await screen.findByRole('alert')).textContent ?? '',
    /The folder cannot be read\./
  );
});

test('a picked file is what runs, and names the job', async () => {
  const pick = async () => 'home/jovyan/fit.py';
  await loaded(new FakeServer(), { files: { pick } });
  await press('Browse…');
  await waitFor(() => {
    assert.equal(textbox('Script').value, '/home/jovyan/fit.py');
    assert.equal(textbox('Name').value, 'fit');
  });
});

test('a row that is added has the focus, and beside one that is removed', async () => {
  await loaded();
  await press('Add hyper-parameter');
  await hasFocus(() => screen.queryByLabelText('Name of hyper-parameter 1'));
  await press('Add hyper-parameter');
  await hasFocus(() => screen.queryByLabelText('Name of hyper-parameter 2'));
  await press('Remove hyper-parameter 2');
  await hasFocus(() => screen.queryByLabelText('Name of hyper-parameter 1'));
  await press('Remove hyper-parameter 1');
  await hasFocus(() => button('Add hyper-parameter'));
});

test('an output can be preloaded only where it is staged', async () => {
  const { model } = await loaded();
  await press('Add output');
  const preloaded = await screen.findByRole<HTMLInputElement>('checkbox', {
    name: 'Output 1 is preloaded'
  });
  assert.ok(preloaded.disabled);
  await press('Output 1 is staged', { role: 'checkbox' });
  await press('Output 1 is preloaded', { role: 'checkbox' });
  await waitFor(() => assert.ok(model.form.outputs[0].preload));
});

test('restarts and secrets have fields that say what they do', async () => {
  const { model, node } = await loaded();
  assert.ok(!screen.queryByLabelText('Maximum restarts'));
  await fill('Restart', 'limit');
  assert.ok(await screen.findByLabelText('Maximum restarts'));
  await press('Add secret');
  await fill('Variable of secret 1', 'HF_TOKEN');
  await waitFor(() => assert.equal(model.form.secrets[0].name, 'HF_TOKEN'));
  await press('Add variable');
  await press('Add input');
  assert.ok(await screen.findByLabelText('How input 1 is passed'));
  assert.deepEqual(await brokenRules(node), []);
});

test('a command takes the place of the script', async () => {
  await loaded();
  await fill('Program', 'command');
  await fill('Command', 'python "train');
  assert.ok(!screen.queryByRole('textbox', { name: 'Script' }));
  assert.ok(await screen.findByText('A quotation mark is not closed.'));
});

test('the preview says what the job costs, and copies its YAML', async () => {
  const server = new FakeServer();
  server.answer('POST jobs/preview', () => preview);
  const { model, node } = await loaded(server);
  const pane = screen.getByRole('complementary', { name: 'Preview' });
  assert.ok(await screen.findByText(/Complete the required fields/));
  model.set('script', '/home/jovyan/train.py');
  assert.ok(await screen.findByText('Ready to submit.'));
  assert.match(pane.textContent ?? '', /It waits until a GPU is free\./);
  assert.match(pane.textContent ?? '', /Usable in \/cache worker 4\.5 GiB/);
  assert.match(pane.textContent ?? '', /Run as PyTorchJob/);
  const yaml = screen.getByLabelText('YAML of the job');
  assert.equal(yaml.tabIndex, 0);
  assert.equal(yaml.textContent, preview.manifest);
  document.execCommand = () => true;
  await press('Copy');
  assert.ok(await screen.findByText('Copied.'));
  assert.deepEqual(await brokenRules(node), []);
});

test('a preview that is refused says why and is asked for again', async () => {
  const server = new FakeServer();
  server.answer('POST jobs/preview', () => refusal(503, 'The queue restarts.'));
  const { model } = await loaded(server);
  model.set('script', '/home/jovyan/train.py');
  assert.ok(
    await screen.findByText(/There is no preview: The queue restarts\./)
  );
  server.answer('POST jobs/preview', () => preview);
  await press('Try again');
  assert.ok(await screen.findByText('Ready to submit.'));
  await hasFocus(() => screen.getByRole('complementary', { name: 'Preview' }));
});

test('a rerun names the job that it repeats', async () => {
  const repeated = job('a', { spec: spec({ name: 'again' }) });
  await loaded(new FakeServer(), { start: { job: repeated } });
  assert.ok(await screen.findByText(trans.__('Rerun of %1.', 'a')));
  assert.equal(textbox('Name').value, 'again');
});
