import { brokenRules } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { screen } from '@testing-library/react';

import { fill } from '../../../shared/testing/controls';
import { attach, clear, disposable, trans } from '../../testing/page';
import { FakeServer, refusal } from '../../testing/server';
import {
  progressText,
  sizeText,
  type ISavedEnvironment,
  type ISavingPreview,
  type ISavingState
} from '../model/saving';
import { SaveForm } from './saveForm';
import { SavingModel } from './saving';

afterEach(clear);

const shapes: ISavedEnvironment = {
  name: 'shapes',
  title: 'Shapes',
  owner: 'ada',
  base: 'pytorch',
  visibility: 'project',
  current: 1,
  versions: []
};

const preview: ISavingPreview = {
  environment: 'pytorch',
  packages: [
    { name: 'cubes', version: '3.0', source: 'index' },
    { name: 'rings', version: '1.0', source: 'local' }
  ],
  remarks: [
    { name: 'mine', message: 'It was installed in place.', is_left_out: true },
    { name: 'cubes', message: 'Files were changed.', is_left_out: false }
  ],
  bytes: 2_150_000_000,
  environments: [
    shapes,
    { ...shapes, name: 'bens', title: 'Bens', owner: 'ben' },
    { ...shapes, name: 'trees', title: 'Trees', base: 'xgboost' }
  ]
};

test('a new environment has a title, and is private unless chosen', async () => {
  const form = attach(new SaveForm(preview, 'ada', trans));
  await fill('Title', 'My shapes');
  await fill('Notes', 'newer cubes');
  assert.deepEqual(form.getValue(), {
    name: '',
    title: 'My shapes',
    notes: 'newer cubes',
    visibility: 'private'
  });
  await fill('Who may start it', 'everyone');
  assert.equal(form.getValue().visibility, 'everyone');
  assert.deepEqual(await brokenRules(form.node), []);
});

test('a new version keeps who may start it; others’ environments are not offered', async () => {
  const form = attach(new SaveForm(preview, 'ada', trans));
  const select = await fill('Save as', 'shapes');
  assert.deepEqual(
    [...(select as HTMLSelectElement).options].map(each => each.text),
    ['New environment', 'New version of Shapes']
  );
  assert.equal(form.getValue().name, 'shapes');
  assert.equal(form.getValue().visibility, 'project');
});

test('in a saved environment of one’s own the next version is offered first', () => {
  const form = attach(
    new SaveForm({ ...preview, environment: 'shapes' }, 'ada', trans)
  );
  assert.equal(form.getValue().name, 'shapes');
});

test('what is saved and what is left out can be read', async () => {
  attach(new SaveForm(preview, 'ada', trans));
  const table = await screen.findByRole('table', { name: 'Packages to save' });
  assert.equal(table.tabIndex, 0);
  assert.ok(screen.getByText(/2 packages beyond the image, 2\.1 GB|2\.2 GB/));
  assert.deepEqual(
    screen.getAllByRole('listitem').map(each => each.textContent),
    [
      'mine is left out. It was installed in place.',
      'cubes: Files were changed.'
    ]
  );
});

const packing: ISavingState = {
  state: 'packing',
  done: 1,
  all: 2,
  message: '',
  name: '',
  version: 0
};
const wanted = {
  name: '',
  title: 'Shapes',
  notes: '',
  visibility: 'private'
} as const;

test('saving tells how far it is, and ends when it is stored', async () => {
  const server = new FakeServer();
  const states: ISavingState[] = [
    { ...packing, state: 'storing' },
    { ...packing, state: 'saved', name: 'shapes', version: 2 }
  ];
  server.answer('POST packages/saving', () => packing);
  server.answer('GET packages/saving', () => states.shift());
  const model = disposable(new SavingModel(server.settings, 1));
  const told: string[] = [];
  const saved = await model.save(wanted, state =>
    told.push(progressText(state, trans))
  );
  assert.deepEqual(told, [
    'Packing the packages: 1 of 2…',
    'Storing the packages…'
  ]);
  assert.equal(
    progressText(saved, trans),
    'Saved as shapes, version 2. It is in the gallery.'
  );
  assert.deepEqual(server.sentTo('POST packages/saving')[0].body, wanted);
});

test('why it was not saved is told in the server’s sentence', async () => {
  const server = new FakeServer();
  const model = disposable(new SavingModel(server.settings, 1));
  server.answer('POST packages/saving', () =>
    refusal(409, 'An environment is being saved already.')
  );
  await assert.rejects(
    model.save(wanted, () => undefined),
    {
      message: 'An environment is being saved already.'
    }
  );
  server.answer('POST packages/saving', () => ({
    ...packing,
    state: 'failed',
    message: 'Your home is full.'
  }));
  await assert.rejects(
    model.save(wanted, () => undefined),
    {
      message: 'Your home is full.'
    }
  );
});

test('sizes are rounded as people say them', () => {
  assert.deepEqual([0, 999, 1500, 2_150_000_000].map(sizeText), [
    '0 B',
    '999 B',
    '1.5 KB',
    '2.1 GB'
  ]);
});
