import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backOff } from './backOff';

test('attempts are spread, and never further apart than 30 s', () => {
  assert.equal(backOff(0, 0), 500);
  assert.equal(backOff(0, 1), 1000);
  assert.equal(backOff(20, 1), 30_000);
});
