import assert from 'node:assert/strict';
import { test } from 'node:test';

import { schemaErrors } from './validation';

const spec = {
  name: 'train',
  script: '/home/jovyan/train.py',
  engine: null,
  processes_per_replica: null,
  hyperparameters: { 'model.depth': 3, lr: new Date(0) },
  restart: { limit: 3, include_script_failures: false }
};

test('a specification that follows the schema has no errors', () => {
  assert.deepEqual(schemaErrors(spec), []);
});

test('a number out of bounds is told with its bounds', () => {
  const restart = { ...spec.restart, limit: 129 };
  assert.deepEqual(schemaErrors({ ...spec, restart }), [
    { path: 'restart.limit', keyword: 'maximum', bounds: [1, 128] }
  ]);
});

test('what is no number is no whole number either', () => {
  for (const run_as_user of [NaN, 1.5]) {
    const [error] = schemaErrors({ ...spec, run_as_user });
    assert.equal(error.path, 'run_as_user');
    assert.equal(error.keyword, 'type');
  }
});

test('a wrong name is told once, with its object', () => {
  const env = { 'A-B': '1', 'a/b': '2' };
  assert.deepEqual(
    schemaErrors({ ...spec, env }).map(({ path }) => path),
    ['env.A-B', 'env.a/b']
  );
});

test('what is missing and what is unknown are told', () => {
  const inputs = [{ name: 'data_url' }];
  assert.deepEqual(
    schemaErrors({ ...spec, inputs }).map(({ path }) => path),
    ['inputs.0.path']
  );
  assert.deepEqual(
    schemaErrors({ ...spec, nodes: 2 }).map(({ keyword }) => keyword),
    ['additionalProperties']
  );
});
