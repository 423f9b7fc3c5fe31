import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { ServiceError } from '@mofang/shared';

import { defaults, environments, trans } from '../model/testDefaults';
import type { ICheckedPreview, IDefaults } from '../model/defaults';
import type { ITrainingJobs } from '../tokens';
import { FormModel } from './model';
import type { IFormStart } from './start';
import type { IFormFiles } from './submission';

/** A form whose server's responses are released by the test. */
function slowForm(start: IFormStart = {}) {
  const answers: {
    resolve: (defaults: IDefaults) => void;
    reject: (reason: Error) => void;
  }[] = [];
  const jobs = {
    defaults: () =>
      new Promise((resolve, reject) => answers.push({ resolve, reject })),
    environments: () => Promise.resolve(environments),
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

test('an environment, an image and this server’s own replace each other', async () => {
  const { model, answers, settled } = slowForm({ path: 'a/train.py' });
  model.selectEnvironment('ray');
  answers[0].resolve(defaults);
  await settled();
  assert.equal(model.environments, environments);
  const chosen = () => {
    const { image, environment, isCustomImage } = model.form;
    return [image, environment, isCustomImage];
  };
  assert.deepEqual(chosen(), ['', 'ray', false]);
  model.selectEnvironment(null);
  assert.deepEqual(chosen(), ['', '', true]);
  model.set('image', 'python:3.13');
  assert.deepEqual(chosen(), ['python:3.13', '', true]);
  model.selectEnvironment('');
  assert.deepEqual(chosen(), ['', '', false]);
  model.dispose();
});

test('an image that is not there yet is said at its field and may be tried again', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const sentence =
    'The image of the environment Ray is not available yet. 3 of 9 are ready.';
  let isThere = false;
  const jobs = {
    defaults: () => Promise.resolve(defaults),
    environments: () => Promise.reject(new Error('It is away.')),
    preview: () =>
      Promise.resolve({
        manifest: '',
        engine: '',
        cost: [],
        notes: [],
        cache_bytes: {},
        fields: isThere ? {} : { environment: sentence }
      }),
    submit: () =>
      isThere
        ? Promise.resolve({ id: 'train-abc123' })
        : Promise.reject(
            new ServiceError(sentence, 422, { environment: sentence })
          )
  };
  const model = new FormModel(
    jobs as unknown as ITrainingJobs,
    { save: () => Promise.resolve() } as unknown as IFormFiles,
    trans as unknown as TranslationBundle,
    { path: 'train.py' }
  );
  const settled = () => new Promise(setImmediate);
  await settled();
  model.selectEnvironment('ray');
  t.mock.timers.tick(400);
  await settled();
  assert.equal(model.errors.image, sentence);

  assert.equal(await model.submit(), false);
  assert.match(model.problem, /Fix the marked fields/);
  assert.equal(model.errors.image, sentence);

  isThere = true;
  assert.equal(await model.submit(), true);
  model.dispose();
});

/** A form whose service answers a preview and a submission at once. */
async function answered(
  preview: Partial<ICheckedPreview>,
  refusal: ServiceError | null = null,
  start: IFormStart = { path: 'train.py' }
) {
  const nothing = {
    manifest: '',
    workload_kind: '',
    cost: [],
    notes: [],
    cache_bytes: {},
    fields: {}
  };
  const jobs = {
    defaults: () => Promise.resolve(defaults),
    environments: () => Promise.resolve(environments),
    preview: () => Promise.resolve({ ...nothing, ...preview }),
    submit: () => Promise.reject(refusal)
  };
  const model = new FormModel(
    jobs as unknown as ITrainingJobs,
    { save: () => Promise.resolve() } as unknown as IFormFiles,
    trans as unknown as TranslationBundle,
    start
  );
  await new Promise(setImmediate);
  return model;
}

test('a file that is not there is warned of, and the job can be submitted', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const script = 'No such file: /train.py';
  const model = await answered({ warnings: { script } });
  t.mock.timers.tick(400);
  await new Promise(setImmediate);

  assert.equal(model.errors.script, script);
  assert.equal(model.errorCount, 0);
  assert.equal(model.isValid, true);
  model.dispose();
});

test('the file that a notebook is written to is not missed', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const warnings = { script: 'No such file: /a.py' };
  const model = await answered({ warnings }, null, { path: 'a.ipynb' });
  model.selectProgram('converted');
  t.mock.timers.tick(400);
  await new Promise(setImmediate);

  assert.equal(model.errors.script, undefined);
  model.dispose();
});

test('a refusal is told once, at its field', async () => {
  const sentence = 'The job needs 20 cores; the quota of Vision is 16 cores.';
  const fields = { 'resources.cpu': sentence };
  const model = await answered({}, new ServiceError(sentence, 403, fields));

  assert.equal(await model.submit(), false);
  assert.equal(model.errors['resources.cpu'], sentence);
  assert.deepEqual(model.generalErrors, []);
  assert.ok(!model.problem.includes(sentence));
  model.dispose();
});

test('a refusal without a field is told once, above the form', async () => {
  const model = await answered(
    {},
    new ServiceError('Full.', 403, { '': 'Full.' })
  );

  assert.equal(await model.submit(), false);
  assert.deepEqual([model.problem, ...model.generalErrors], ['', 'Full.']);
  model.dispose();
});
