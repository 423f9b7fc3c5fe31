import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';

import { defaults, trans } from '../model/testDefaults';
import type { IDefaults } from '../model/wire';
import { TrainingError } from '../request';
import type { ITrainingJobs } from '../tokens';
import { FormModel } from './model';
import type { IFormStart } from './start';
import type { IFormFiles } from './submission';

/** A form whose server answers when it is told to. */
function slowForm(start: IFormStart = {}) {
  const answers: {
    resolve: (defaults: IDefaults) => void;
    reject: (reason: Error) => void;
  }[] = [];
  const jobs = {
    defaults: () =>
      new Promise((resolve, reject) => answers.push({ resolve, reject })),
    preview: () => new Promise(() => undefined)
  };
  const model = new FormModel(
    jobs as unknown as ITrainingJobs,
    {} as IFormFiles,
    trans as unknown as TranslationBundle,
    start
  );
  const settled = () => new Promise(setImmediate);
  return { model, answers, settled };
}

test('what is typed before the form starts is kept', async () => {
  const { model, answers, settled } = slowForm({ path: 'a/train.py' });
  model.set('cpu', '4');
  model.set('name', 'mine');
  answers[0].resolve(defaults);
  await settled();
  assert.equal(model.form.cpu, '4');
  assert.equal(model.form.name, 'mine');
  assert.equal(model.form.script, '/a/train.py');
  assert.ok(model.isChanged);
  model.dispose();
});

test('defaults that could not be read are asked for again', async () => {
  const { model, answers, settled } = slowForm();
  answers[0].reject(new Error('The server is away.'));
  await settled();
  assert.equal(model.problem, 'The server is away.');
  assert.ok(!model.isLoading);
  void model.load();
  answers[1].resolve(defaults);
  await settled();
  assert.equal(model.problem, '');
  assert.equal(model.defaults, defaults);
  model.dispose();
});

test('a form is changed once it is not what it started with', async () => {
  const { model, answers, settled } = slowForm({ path: 'a/train.py' });
  assert.ok(!model.isChanged);
  answers[0].resolve(defaults);
  await settled();
  assert.ok(!model.isChanged);
  model.set('gpu', '2');
  assert.ok(model.isChanged);
  model.set('gpu', '0');
  assert.ok(!model.isChanged);
  model.dispose();
});

test('an image that is not there yet is said at its field and may be tried again', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const sentence =
    'The image of the environment Ray is not available yet. 3 of 9 are ready.';
  let isThere = false;
  const jobs = {
    defaults: () => Promise.resolve(defaults),
    preview: () =>
      Promise.resolve({
        manifest: '',
        engine: '',
        cost: [],
        notes: [],
        fields: isThere ? {} : { image: sentence }
      }),
    submit: () =>
      isThere
        ? Promise.resolve({ id: 'train-abc123' })
        : Promise.reject(new TrainingError(sentence, 422, { image: sentence }))
  };
  const model = new FormModel(
    jobs as unknown as ITrainingJobs,
    { save: () => Promise.resolve() } as unknown as IFormFiles,
    trans as unknown as TranslationBundle,
    { path: 'train.py' }
  );
  const settled = () => new Promise(setImmediate);
  await settled();
  model.set('image', 'docker.io/mofang/ray:1');
  t.mock.timers.tick(400);
  await settled();
  assert.equal(model.errors.image, sentence);

  assert.equal(await model.submit(), false);
  assert.equal(model.problem, sentence);
  assert.equal(model.errors.image, sentence);

  isThere = true;
  assert.equal(await model.submit(), true);
  model.dispose();
});
