import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen, waitFor, within } from '@testing-library/react';
import type { IJobSpec } from '@mofang/shared';

import { fill, isEnabled, press } from '../../../shared/testing/controls';
import { openForm } from '../../testing/form';
import { clear, hasFocus } from '../../testing/page';
import { job } from '../../testing/jobs';
import { FakeServer, refusal } from '../../testing/server';

afterEach(clear);

/** The roles of a framework in a form that is complete. */
async function roles(framework: string, server = new FakeServer()) {
  const form = openForm(server);
  await isEnabled('Submit');
  form.model.set('script', '/home/jovyan/train.py');
  await fill('Framework', framework);
  return form;
}

/** Refuse a job for its fields; its preview says the same. */
function refuse(server: FakeServer, fields: Record<string, string>): void {
  server.answer('POST jobs', () =>
    refusal(422, 'The job cannot be created.', fields)
  );
  server.answer('POST jobs/preview', () => ({
    manifest: '',
    workload_kind: '',
    cost: [],
    notes: [],
    cache_bytes: {},
    fields
  }));
}

const field = (name: string) =>
  screen.getByRole<HTMLInputElement>(
    /Replicas$|GPUs$/.test(name) ? 'spinbutton' : 'textbox',
    {
      name
    }
  );

test('the main role has its bounds, the others their defaults', async () => {
  await roles('tensorflow');
  const main = await screen.findByRole('group', { name: 'Each worker' });
  const replicas = within(main).getByRole('spinbutton', { name: 'Replicas' });
  assert.equal(replicas.getAttribute('min'), '1');
  assert.equal(replicas.getAttribute('max'), '64');
  const ps = await screen.findByRole('group', { name: 'ps' });
  const count = within(ps).getByRole<HTMLInputElement>('textbox', {
    name: 'Replicas of ps'
  });
  assert.equal(count.value, '');
  assert.equal(count.placeholder, '0');
  // It may have no GPUs: a sentence in place of the field.
  assert.equal(within(ps).queryAllByRole('textbox').length, 3);
  assert.ok(within(ps).getByText('none'));
});

test('a role that another requires comes with it', async () => {
  const { model } = await roles('tensorflow');
  await fill('Replicas of ps', '2');
  await waitFor(() =>
    assert.equal(field('Replicas of chief').placeholder, '1')
  );
  assert.equal(model.form.roles.ps.replicas, '2');
});

test('a fixed role has no field for its replicas', async () => {
  await roles('mpi');
  const launcher = await screen.findByRole('group', { name: 'launcher' });
  assert.ok(!within(launcher).queryByLabelText('Replicas of launcher'));
  assert.ok(within(launcher).getByText('1'));
});

test('a framework of one container has no other roles', async () => {
  await roles('single');
  assert.ok(await screen.findByRole('group', { name: 'Its container' }));
  assert.ok(!screen.queryByRole('group', { name: 'Other roles' }));
});

test('what a role asks for is in the request, and wrong values at their fields', async () => {
  const server = new FakeServer();
  refuse(server, {
    'roles.ps.resources.memory': 'Memory must be at most 1Ti.'
  });
  const { node } = await roles('tensorflow', server);
  await fill('Replicas of ps', '2');
  await fill('Memory of ps', '2Ti');
  await press('Submit');
  assert.ok(await screen.findByText('Memory must be at most 1Ti.'));
  const [{ body }] = server.sentTo('POST jobs');
  const { ps } = (body as IJobSpec).roles;
  assert.equal(ps.replicas, 2);
  assert.equal(ps.resources?.memory, '2Ti');
  const memory = field('Memory of ps');
  await waitFor(() =>
    assert.equal(memory.getAttribute('aria-invalid'), 'true')
  );
  const message = memory.getAttribute('aria-describedby')!;
  assert.equal(
    document.getElementById(message)?.textContent,
    'Memory must be at most 1Ti.'
  );
  await hasFocus(() => memory);
  assert.deepEqual(await brokenRules(node), []);
});

test('an error of all roles is part of their group, which gets the focus', async () => {
  const server = new FakeServer();
  refuse(server, {
    roles: 'All roles together may have at most 64 replicas.'
  });
  await roles('tensorflow', server);
  await screen.findByLabelText('Replicas of ps');
  await press('Submit');
  const group = await screen.findByRole('group', { name: 'Other roles' });
  await waitFor(() =>
    assert.equal(
      document.getElementById(group.getAttribute('aria-describedby')!)
        ?.textContent,
      'All roles together may have at most 64 replicas.'
    )
  );
  await hasFocus(() => group);
});

test('a submitted job is reported', async () => {
  const server = new FakeServer();
  server.answer('POST jobs', ({ body }) =>
    job('new', { spec: body as IJobSpec })
  );
  const { model } = await roles('pytorch', server);
  const names: string[] = [];
  model.submitted.connect((_, { spec }) => names.push(spec.name));
  await press('Submit');
  await waitFor(() => assert.deepEqual(names, ['train']));
});
