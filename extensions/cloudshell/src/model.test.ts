import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  shellChoices,
  type IShellJob,
  replicaNames,
  parseReplica,
  targetOf
} from './model';

const job: IShellJob = {
  id: 'train-abc123',
  spec: { name: 'train' },
  replicas: [
    { role: 'worker', index: 0, state: 'Running', shell_allowed: true },
    { role: 'worker', index: 1, state: 'Pending', shell_allowed: false },
    { role: 'ps-cpu', index: 2, state: 'Running', shell_allowed: true }
  ]
};

test('only containers that take a shell are offered', () => {
  assert.deepEqual(
    shellChoices([job]).map(choice => choice.label),
    ['train · worker-0 (train-abc123)', 'train · ps-cpu-2 (train-abc123)']
  );
});

test('the open container stays in the drop-down after its end', () => {
  const gone = { jobId: job.id, role: 'worker', index: 1 };
  assert.deepEqual(replicaNames(job, gone), [
    'worker-1',
    'worker-0',
    'ps-cpu-2'
  ]);
  assert.deepEqual(replicaNames(null, gone), ['worker-1']);
});

test('a name of the drop-down leads back to its container', () => {
  assert.deepEqual(parseReplica('train-abc123', 'ps-cpu-2'), {
    jobId: 'train-abc123',
    role: 'ps-cpu',
    index: 2
  });
});

test('a command without a container asks for one', () => {
  assert.equal(targetOf({ isLauncher: true }), null);
  assert.equal(targetOf({ jobId: 'a', role: 'worker', index: 'x' }), null);
  assert.deepEqual(targetOf({ jobId: 'a', role: 'worker', index: 0 }), {
    jobId: 'a',
    role: 'worker',
    index: 0
  });
});
