import assert from 'node:assert/strict';
import { test } from 'node:test';

import { quotaBar } from './quotaCost';
import { trans } from './testDefaults';

const GIB = 2 ** 30;

test('a job that fits says what is left of', () => {
  const cost = { resource: 'cpu', requested: 1, used: 3, limit: 8 };
  assert.deepEqual(quotaBar(cost, trans), {
    label: 'CPU',
    used: 3 / 8,
    requested: 1 / 8,
    limit: 1,
    status: 'fits',
    message: 'Uses 1 core (3 of 8 cores in use)'
  });
});

test('a job that must wait is told from one that can never start', () => {
  const memory = { resource: 'memory', used: 12 * GIB, limit: 16 * GIB };
  const waits = quotaBar({ ...memory, requested: 8 * GIB }, trans);
  assert.equal(waits.status, 'waits');
  assert.equal(waits.limit, 16 / 20);
  assert.equal(
    waits.message,
    'Uses 8 GiB (12 GiB of 16 GiB in use), so the job waits'
  );
  const never = quotaBar({ ...memory, requested: 17 * GIB }, trans);
  assert.equal(never.status, 'never');
  assert.equal(
    never.message,
    'Uses 17 GiB, but the project has 16 GiB: the job can never start'
  );
});

test('local disk is told in bytes', () => {
  const disk = {
    resource: 'ephemeral_storage',
    requested: 30 * GIB,
    used: 0,
    limit: 100 * GIB
  };
  const bar = quotaBar(disk, trans);
  assert.equal(bar.label, 'Local disk');
  assert.equal(bar.message, 'Uses 30 GiB (0 B of 100 GiB in use)');
});

test('where there is no limit nothing waits, and nothing requested never waits', () => {
  const pods = { resource: 'pods', requested: 2, used: 900, limit: null };
  assert.equal(quotaBar(pods, trans).status, 'fits');
  const gpu = { resource: 'gpu', requested: 0, used: 5, limit: 4 };
  assert.equal(quotaBar(gpu, trans).status, 'fits');
  const none = { resource: 'gpu', requested: 0, used: 0, limit: 0 };
  assert.equal(quotaBar(none, trans).requested, 0);
});
