import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyForm } from '../model/jobForm';
import { defaults, trans } from '../model/testDefaults';
import { FormErrorState } from './formErrorState';

test('nobody is blamed for a field they did not reach', () => {
  const faults = new FormErrorState(trans);
  faults.check(emptyForm(), defaults);
  assert.equal(faults.isValid, false);
  assert.deepEqual(faults.visible, {});
  faults.touch('name');
  assert.deepEqual(Object.keys(faults.visible), ['name']);
  faults.touchAll();
  assert.deepEqual(Object.keys(faults.visible), ['name', 'script']);
});

test('what the service said goes with the field that changed, and no other', () => {
  const faults = new FormErrorState(trans);
  const env = ['A', 'B'].map(name => ({ name, value: '1' }));
  const form = { ...emptyForm(), env };
  const fields = {
    'env.A': 'No.',
    'env.B': 'No.',
    '': 'Full.'
  };
  faults.setServerErrors(fields, form, defaults);
  assert.deepEqual(faults.generalErrors, ['Full.']);
  faults.clearServerErrors('env.1');
  assert.deepEqual(faults.visible, { 'env.0.name': 'No.' });
  assert.deepEqual(faults.generalErrors, []);
  faults.reindex('env');
  assert.deepEqual(faults.visible, {});
});
