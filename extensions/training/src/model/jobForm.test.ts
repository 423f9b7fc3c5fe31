import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  emptyForm,
  type FormField,
  formOf,
  type IJobForm,
  nameOf,
  placeErrors,
  specOf,
  validate
} from './jobForm';
import type { IDefaults } from './wire';

const defaults: IDefaults = {
  project: 'vision',
  environment: 'pytorch',
  image: 'docker.io/mofang/pytorch:1',
  working_directory: '/home/jovyan',
  root: '/',
  limits: {
    replicas: 64,
    gpu: 16,
    cpu: 256,
    memory_min: 2 ** 26,
    memory_max: 2 ** 42
  }
};
const trans = {
  __: (sentence: string, ...values: string[]) =>
    values.reduce(
      (text, value, at) => text.replace(`%${at + 1}`, value),
      sentence
    )
};
const good: IJobForm = {
  ...emptyForm(),
  name: 'train',
  script: '/home/jovyan/code/train.py'
};

test('a form with a name and a script is enough', () => {
  assert.deepEqual(validate(good, defaults, trans), {});
  const spec = specOf(good, defaults);
  assert.equal(spec.image, defaults.image);
  assert.equal(spec.environment_name, 'pytorch');
  assert.equal(spec.working_directory, '/home/jovyan/code');
});

const wrong: [string, Partial<IJobForm>, FormField][] = [
  ['no name', { name: ' ' }, 'name'],
  ['a name too long', { name: 'x'.repeat(64) }, 'name'],
  ['no script', { script: '' }, 'script'],
  ['an open quotation', { arguments: '--name "a' }, 'arguments'],
  ['no replica', { replicas: '0' }, 'replicas'],
  ['half a replica', { replicas: '1.5' }, 'replicas'],
  ['too many replicas', { replicas: '65' }, 'replicas'],
  ['GPUs below zero', { gpu: '-1' }, 'gpu'],
  ['a CPU that is no number', { cpu: 'two' }, 'cpu'],
  ['memory without a unit', { memory: '4' }, 'memory'],
  ['memory with spaces', { memory: '4 Gi b' }, 'memory'],
  ['a relative folder', { workingDirectory: 'code' }, 'workingDirectory'],
  [
    'a variable with a dash',
    { environment: [{ name: 'A-B', value: '' }] },
    'environment'
  ],
  [
    'a variable twice',
    {
      environment: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' }
      ]
    },
    'environment'
  ]
];

for (const [what, part, field] of wrong) {
  test(`${what} is told at its field`, () => {
    const errors = validate({ ...good, ...part }, defaults, trans);
    assert.deepEqual(Object.keys(errors), [field]);
  });
}

test('a job submitted again is the same job', () => {
  const form: IJobForm = {
    ...good,
    arguments: `--note "it's fine" --lr 3e-4`,
    environment: [{ name: 'OMP_NUM_THREADS', value: '2' }],
    workingDirectory: '/home/jovyan'
  };
  const spec = specOf(form, defaults);
  assert.deepEqual(spec.arguments, ['--note', "it's fine", '--lr', '3e-4']);
  assert.deepEqual(specOf(formOf(spec, defaults), defaults), spec);
});

test('empty rows of variables are not sent', () => {
  const environment = [{ name: '', value: '' }];
  assert.deepEqual(specOf({ ...good, environment }, defaults).environment, {});
});

test('the service’s sentences go to their fields', () => {
  const [placed, rest] = placeErrors({
    'resources.cpu': 'Too much.',
    'environment.TOKEN': 'Looks like a secret.',
    'arguments.3': 'Too long.',
    '': 'Too large in all.',
    framework: 'Unknown.'
  });
  assert.deepEqual(placed, {
    cpu: 'Too much.',
    environment: 'Looks like a secret.',
    arguments: 'Too long.'
  });
  assert.deepEqual(rest, ['Too large in all.', 'framework: Unknown.']);
});

test('a job is called after its script', () => {
  assert.equal(nameOf('/home/jovyan/My train.py'), 'My train');
  assert.equal(nameOf(''), '');
});
