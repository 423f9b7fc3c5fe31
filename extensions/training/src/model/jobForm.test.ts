import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseExact, stringifyExact } from '@mofang/shared';

import { assignErrors } from './formErrors';
import { validate } from './jobChecks';
import {
  directoryOf,
  emptyForm,
  emptyPathRow,
  type IJobForm,
  nameOf
} from './jobForm';
import { formOf, specOf } from './jobSpec';
import { parameterOf, parameterText } from './parameters';
import { defaults, trans } from './testDefaults';

const good: IJobForm = {
  ...emptyForm(),
  name: 'train',
  script: '/home/jovyan/code/train.py'
};
const role = { replicas: '', cpu: '', memory: '', gpu: '' };

test('a form with a name and a script is enough', () => {
  assert.deepEqual(validate(good, defaults, trans), {});
  const spec = specOf(good, defaults);
  assert.equal(spec.image, defaults.image);
  assert.equal(spec.environment, 'pytorch');
  assert.equal(spec.working_directory, '/home/jovyan/code');
});

test('an environment is sent by its name, an image by its reference', () => {
  const image = 'docker.io/mofang/ray:1';
  const sent: [Partial<IJobForm>, string, string | null][] = [
    [{}, defaults.image, 'pytorch'],
    [{ environment: 'ray' }, '', 'ray'],
    [{ isCustomImage: true, image }, image, null],
    // As presets of earlier versions have it.
    [{ image }, image, null],
    [{ image, environment: 'ray' }, '', 'ray']
  ];
  for (const [part, reference, name] of sent) {
    const spec = specOf({ ...good, ...part }, defaults);
    assert.equal(spec.image, reference);
    assert.equal(spec.environment, name);
  }
});

test('a repeated job keeps its environment, whatever image that had', () => {
  const spec = specOf(good, defaults);
  const image = 'docker.io/mofang/old:1';
  const again = (name: string | null) => {
    const earlier = { ...spec, image, environment: name };
    const form = formOf(earlier, defaults);
    const { isCustomImage, environment } = form;
    return { isCustomImage, environment, image: form.image };
  };
  const none = { isCustomImage: false, environment: '', image: '' };
  assert.deepEqual(again('pytorch'), none);
  assert.deepEqual(again('ray'), { ...none, environment: 'ray' });
  assert.deepEqual(again(null), { ...none, isCustomImage: true, image });
});

const wrong: [string, Partial<IJobForm>, string][] = [
  ['no name', { name: ' ' }, 'name'],
  ['a name too long', { name: 'x'.repeat(64) }, 'name'],
  ['no script', { script: '' }, 'script'],
  ['no command', { program: 'command', script: '' }, 'command'],
  ['an open quotation', { arguments: '--name "a' }, 'arguments'],
  ['no replica', { replicas: '0' }, 'replicas'],
  ['half a replica', { replicas: '1.5' }, 'replicas'],
  ['too many replicas', { replicas: '65' }, 'replicas'],
  ['GPUs below zero', { gpu: '-1' }, 'resources.gpu'],
  ['a CPU that is no number', { cpu: 'two' }, 'resources.cpu'],
  ['memory without a unit', { memory: '4' }, 'resources.memory'],
  ['memory with spaces', { memory: '4 Gi b' }, 'resources.memory'],
  ['a relative folder', { workingDirectory: 'code' }, 'working_directory'],
  ['no user', { runAsUser: '0' }, 'run_as_user'],
  ['an image that is not named', { isCustomImage: true }, 'image'],
  ['an image with a space', { image: 'a b:1' }, 'image'],
  [
    'another user with a snapshot',
    { code: 'snapshot', runAsUser: '7' },
    'run_as_user'
  ],
  ['129 restarts', { restart: 'limit', restartLimit: '129' }, 'restart.limit'],
  ['two days of keeping', { holdMinutes: '2880' }, 'hold_on_failure_minutes'],
  [
    'too many chiefs',
    { framework: 'tensorflow', roles: { chief: { ...role, replicas: '2' } } },
    'roles.chief.replicas'
  ],
  [
    'an input without a path, after an empty row',
    { inputs: [emptyPathRow(), { ...emptyPathRow(), name: 'data_url' }] },
    'inputs.1.path'
  ],
  [
    'an output with the name of a hyper-parameter',
    {
      hyperparameters: [{ name: 'lr', value: '1' }],
      outputs: [{ ...emptyPathRow(), name: 'lr', path: '/a' }]
    },
    'outputs.0.name'
  ],
  [
    'a secret without a key',
    { secrets: [{ name: 'A', secret: 'hub', key: '' }] },
    'secrets.0.key'
  ],
  [
    'a variable with a dash',
    { env: [{ name: 'A-B', value: '' }] },
    'env.0.name'
  ],
  [
    'a variable twice',
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '2' }
      ]
    },
    'env.1.name'
  ]
];

for (const [what, part, path] of wrong) {
  test(`${what} is told at its field`, () => {
    const errors = validate({ ...good, ...part }, defaults, trans);
    assert.deepEqual(Object.keys(errors), [path]);
  });
}

for (const [script, directory] of [
  ['/home/jovyan/digits/train.py', '/home/jovyan/digits'],
  ['/projects/vision/train.py', '/projects/vision'],
  ['/opt/mofang/examples/pytorch/train.py', '/home/jovyan'],
  ['/home/jovyan-2/train.py', '/home/jovyan'],
  ['train.py', '/home/jovyan']
]) {
  test(`${script} starts in ${directory}`, () => {
    assert.equal(directoryOf({ ...good, script }, defaults), directory);
  });
}

const again: [string, Partial<IJobForm>][] = [
  ['a simple job', {}],
  [
    'a job with everything',
    {
      arguments: `--note "it's fine" --lr 3e-4`,
      hyperparameters: [
        { name: 'lr', value: '0.001' },
        { name: 'amp', value: 'true' },
        { name: 'tag', value: '"5"' }
      ],
      flags: 'no-cuda verbose',
      inputs: [{ ...emptyPathRow(), name: 'data_url', path: '/global/data' }],
      outputs: [
        {
          name: 'train_url',
          path: '/home/jovyan/model',
          pass_as: 'environment',
          staged: true,
          preload: true
        }
      ],
      env: [{ name: 'OMP_NUM_THREADS', value: '2' }],
      secrets: [{ name: 'HF_TOKEN', secret: 'hub', key: 'token' }],
      requirements: 'requirements.txt',
      restart: 'include_script_failures',
      restartLimit: '7',
      hangPolicy: 'restart',
      holdMinutes: '30',
      priority: 'high',
      processes: '2',
      runAsUser: '1001',
      workingDirectory: '/home/jovyan'
    }
  ],
  [
    'parameter servers of their own size',
    {
      framework: 'tensorflow',
      replicas: '4',
      gpu: '2',
      roles: { ps: { ...role, replicas: '2', memory: '8Gi' } }
    }
  ],
  ['a master alone', { framework: 'xgboost', replicas: '0' }],
  ['a command', { program: 'command', script: '', command: 'mpirun "a b"' }],
  ['a job of another environment', { environment: 'ray' }],
  [
    'an image of no environment',
    { isCustomImage: true, image: 'docker.io/library/python:3.13' }
  ]
];

for (const [what, part] of again) {
  test(`${what}, submitted again, is the same job`, () => {
    const form = { ...good, ...part };
    assert.deepEqual(validate(form, defaults, trans), {});
    const spec = specOf(form, defaults);
    assert.deepEqual(specOf(formOf(spec, defaults), defaults), spec);
  });
}

test('roles send what they ask for, and no GPUs where they take none', () => {
  const ps = { replicas: '2', cpu: '', memory: '8Gi', gpu: '4' };
  const form = { ...good, framework: 'tensorflow', gpu: '1', roles: { ps } };
  assert.deepEqual(specOf(form, defaults).roles, {
    ps: { replicas: 2, resources: { cpu: '500m', memory: '8Gi', gpu: 0 } }
  });
});

test('what another framework’s roles were told is not sent', () => {
  const roles = { ps: { ...role, replicas: '2' } };
  assert.deepEqual(specOf({ ...good, roles }, defaults).roles, {});
});

test('a job in one container has one replica, whatever was typed before', () => {
  const form = { ...good, framework: 'single', replicas: '8' };
  assert.deepEqual(validate(form, defaults, trans), {});
  assert.equal(specOf(form, defaults).replicas, 1);
});

test('a worker that differs from the job’s own size keeps its size', () => {
  const spec = specOf({ ...good, framework: 'xgboost' }, defaults);
  const large = { cpu: '8', memory: '32Gi', gpu: 2 };
  spec.roles = { worker: { replicas: 3, resources: large } };
  const repeated = specOf(formOf(spec, defaults), defaults);
  assert.equal(repeated.replicas, 3);
  assert.deepEqual(repeated.resources, large);
  assert.deepEqual(repeated.roles.master.resources, spec.resources);
});

test('empty rows are not sent', () => {
  const env = [{ name: '', value: '' }];
  assert.deepEqual(specOf({ ...good, env }, defaults).env, {});
});

test('hyper-parameters are what they look like', () => {
  const texts = ['1', '0.1', 'true', 'x', '"1"', '007', '"open', '', '1 2'];
  assert.deepEqual(texts.map(parameterOf), [
    1,
    0.1,
    true,
    'x',
    '1',
    '007',
    '"open',
    '',
    '1 2'
  ]);
  for (const value of [
    '1',
    'true',
    '"a"',
    'a"b',
    1e21,
    false,
    '9007199254740993',
    '1.0'
  ]) {
    assert.equal(parameterOf(parameterText(value)), value);
  }
});

test('numbers are sent as they were typed, or as the repeated job had them', () => {
  const numbers = [
    '12345678901234567890',
    '1.0',
    '1e-05',
    '1e-4',
    '0.1',
    '-0.0'
  ];
  const hyperparameters = numbers.map((value, at) => ({
    name: `n${at}`,
    value
  }));
  const sent = stringifyExact(specOf({ ...good, hyperparameters }, defaults));
  const expected = numbers.map((value, at) => `"n${at}":${value}`).join(',');
  assert.ok(sent.includes(`"hyperparameters":{${expected}}`), sent);
  const again = specOf(formOf(parseExact(sent), defaults), defaults);
  assert.equal(stringifyExact(again), sent);
});

test('flags are names, with or without their dashes', () => {
  const form = { ...good, flags: ' --no-cuda, verbose  x' };
  const spec = specOf(form, defaults);
  assert.deepEqual(spec.flags, ['no-cuda', 'verbose', 'x']);
  assert.equal(formOf(spec, defaults).flags, 'no-cuda verbose x');
  assert.deepEqual(validate(form, defaults, trans), {});
  for (const [flags, sentence] of [
    ['no-cuda=true', 'Not the name of a flag: “no-cuda=true”.'],
    ['lr', 'Duplicate name “lr”.']
  ]) {
    const hyperparameters = [{ name: 'lr', value: '0.1' }];
    const errors = validate(
      { ...good, flags, hyperparameters },
      defaults,
      trans
    );
    assert.deepEqual(errors, { flags: sentence });
  }
});

test('the service’s sentences go to their fields', () => {
  const form: IJobForm = {
    ...good,
    framework: 'tensorflow',
    env: [{ name: 'API_TOKEN', value: 'x' }],
    hyperparameters: [{ name: 'model.depth', value: '3' }],
    inputs: [
      emptyPathRow(),
      { ...emptyPathRow(), name: 'data_url', path: '/a' }
    ]
  };
  const [placed, rest] = assignErrors(
    {
      'resources.cpu': 'Too much.',
      'env.API_TOKEN': 'Looks like a secret.',
      'hyperparameters.model.depth': 'Too deep.',
      'arguments.3': 'Too long.',
      'inputs.0.path': 'Not there.',
      'roles.ps.replicas': 'Too many.',
      'roles.worker.resources.gpu': 'Too many.',
      engine: 'Not installed.',
      '': 'Too large in all.',
      environment: 'Unknown.',
      rerun_of: 'Unknown.'
    },
    form,
    defaults
  );
  assert.deepEqual(placed, {
    'resources.cpu': 'Too much.',
    'env.0.name': 'Looks like a secret.',
    'hyperparameters.0.name': 'Too deep.',
    arguments: 'Too long.',
    'inputs.1.path': 'Not there.',
    'roles.ps.replicas': 'Too many.',
    'resources.gpu': 'Too many.',
    framework: 'Not installed.',
    image: 'Unknown.'
  });
  assert.deepEqual(rest, ['Too large in all.', 'Unknown.']);
});

test('a job is called after its script', () => {
  assert.equal(nameOf('/home/jovyan/My train.py'), 'My train');
  assert.equal(nameOf(''), '');
});
