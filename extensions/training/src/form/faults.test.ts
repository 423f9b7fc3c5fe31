import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyForm } from '../model/jobForm';
import { defaults, trans } from '../model/testDefaults';
import { Faults } from './faults';

test('nobody is blamed for a field they did not reach', () => {
  const faults = new Faults(trans);
  faults.check(emptyForm(), defaults);
  assert.equal(faults.isSound, false);
  assert.deepEqual(faults.shown, {});
  faults.visit('name');
  assert.deepEqual(Object.keys(faults.shown), ['name']);
  faults.visitAll();
  assert.deepEqual(Object.keys(faults.shown), ['name', 'script']);
});

test('what the service said goes with the field that changed, and no other', () => {
  const faults = new Faults(trans);
  const environment = ['A', 'B'].map(name => ({ name, value: '1' }));
  const form = { ...emptyForm(), environment };
  const fields = {
    'environment.A': 'No.',
    'environment.B': 'No.',
    '': 'Full.'
  };
  faults.serve(fields, form, defaults);
  assert.deepEqual(faults.remarks, ['Full.']);
  faults.drop('environment.1');
  assert.deepEqual(faults.shown, { 'environment.0.name': 'No.' });
  assert.deepEqual(faults.remarks, []);
  faults.recount('environment');
  assert.deepEqual(faults.shown, {});
});
