import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IEnvironmentList } from '@mofang/shared';

import {
  chosenEnvironment,
  CUSTOM,
  environmentChoices,
  CURRENT_ENVIRONMENT,
  NO_ENVIRONMENTS
} from './environmentChoices';
import { emptyForm, type IJobForm } from './jobForm';
import { defaults, environments, trans } from './testDefaults';

function choices(
  part: Partial<IJobForm> = {},
  known: IEnvironmentList = environments
) {
  const form = { ...emptyForm(), ...part };
  return environmentChoices(form, defaults, known, trans);
}

test('this environment comes first, the others as in the gallery', () => {
  assert.deepEqual(
    choices().map(({ value, label }) => [value, label]),
    [
      [CURRENT_ENVIRONMENT, 'PyTorch (this environment): pytorch, single'],
      ['base', 'Python: single'],
      ['ray', 'Ray: ray, single']
    ]
  );
});

test('those that cannot run the framework do not fit', () => {
  const fitting = (framework: string) =>
    choices({ framework })
      .filter(each => each.isMatching)
      .map(({ value }) => value);
  assert.deepEqual(fitting('pytorch'), [CURRENT_ENVIRONMENT]);
  assert.deepEqual(fitting('ray'), ['ray']);
  assert.deepEqual(fitting('single'), [CURRENT_ENVIRONMENT, 'base', 'ray']);
});

test('before anything is known there is this environment', () => {
  const [here, ...others] = choices({}, NO_ENVIRONMENTS);
  assert.equal(here.label, 'pytorch (this environment): pytorch, single');
  assert.equal(here.hint, defaults.image);
  assert.ok(here.isMatching);
  assert.deepEqual(others, []);
});

test('an environment without its image says why', () => {
  const unavailable_reason = 'It is being built.';
  const known = environments.environments.map(each => ({
    ...each,
    unavailable_reason
  }));
  const ray = choices({}, { ...environments, environments: known })[2];
  assert.equal(ray.label, 'Ray (not available yet): ray, single');
  assert.equal(ray.hint, unavailable_reason);
});

test('an image of one’s own is the last, where the platform lets one', () => {
  const last = (
    part: Partial<IJobForm> = {},
    known: IEnvironmentList = environments
  ) => choices(part, known).at(-1)?.value;
  assert.equal(last(), 'ray');
  assert.equal(last({}, { ...environments, allow_any_image: true }), CUSTOM);
  // Of a preset, or of a repeated job.
  assert.equal(last({ image: 'python:3.13' }), CUSTOM);
});

test('what was chosen stays on offer though it is gone', () => {
  const part = { environment: 'gone' };
  assert.equal(chosenEnvironment({ ...emptyForm(), ...part }), 'gone');
  assert.equal(choices(part).at(-1)?.label, 'gone');
});
