import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  exactNumber,
  type IJob,
  type IJobSpec,
  type IOutput
} from '@mofang/shared';

import {
  compareResults,
  compareSettings,
  flat,
  outputDirectories
} from './compare';

const output = (name: string, path: string): IOutput => ({
  name,
  path,
  pass_as: 'parameter',
  staged: false,
  preload: false
});

const spec = {
  name: 'train',
  script: '/home/jovyan/train.py',
  command: [] as string[],
  arguments: ['--epochs', '3'],
  hyperparameters: { lr: 0.1, warm: true },
  flags: ['amp'],
  resources: { cpu: '1', memory: '2Gi', gpu: 0 },
  inputs: [] as unknown[],
  outputs: [output('a', '/a'), output('b', '/b')],
  code: null,
  rerun_of: null
} as unknown as IJobSpec;

test('what differs comes apart from what is the same', () => {
  const other = {
    ...spec,
    hyperparameters: { lr: 0.2, warm: true, depth: 2 },
    flags: ['amp', 'quiet'],
    rerun_of: 'train-abc'
  };
  const { different, equal } = compareSettings(spec, other);
  assert.deepEqual(different, [
    { name: 'hyperparameters.lr', values: ['0.1', '0.2'] },
    { name: 'hyperparameters.depth', values: ['', '2'] },
    { name: 'flags.quiet', values: ['', 'true'] }
  ]);
  const names = equal.map(row => row.name);
  assert.ok(names.includes('resources.cpu') && names.includes('arguments'));
  assert.ok(!names.includes('rerun_of') && !names.includes('code'));
});

test('the order of inputs and outputs is no difference', () => {
  const other = { ...spec, outputs: [...spec.outputs].reverse() };
  assert.deepEqual(compareSettings(spec, other).different, []);
});

test('numbers are compared as they were sent', () => {
  const [one, other] = ['12345678901234567890', '12345678901234567891'].map(
    seed => ({ ...spec, hyperparameters: { seed: exactNumber(seed) } })
  );
  assert.deepEqual(compareSettings(one, other).different, [
    {
      name: 'hyperparameters.seed',
      values: ['12345678901234567890', '12345678901234567891']
    }
  ]);
});

test('results stand side by side, also where only one has them', () => {
  assert.deepEqual(compareResults({ loss: { last: 0.5 } }, { note: 'ok' }), [
    { name: 'loss.last', values: ['0.5', ''] },
    { name: 'note', values: ['', 'ok'] }
  ]);
});

test('lists are one value; nothing is no value', () => {
  assert.deepEqual(
    [...flat({ a: [1, 2], b: null, c: false })],
    [
      ['a', '[1,2]'],
      ['c', 'false']
    ]
  );
});

test('output directories are named so that two jobs are told apart', () => {
  const one = { id: 'x-1', spec: { ...spec, outputs: [output('o', '/1')] } };
  const two = { id: 'x-2', spec: { ...spec, outputs: [output('o', '/2')] } };
  const jobs = [one, two] as unknown as IJob[];
  assert.deepEqual(outputDirectories(jobs), { 'x-1': '/1', 'x-2': '/2' });
  two.spec.name = 'other';
  assert.deepEqual(outputDirectories(jobs), { train: '/1', other: '/2' });
  one.spec.outputs.push(output('p', '/3'));
  assert.deepEqual(outputDirectories(jobs), {
    'train-o': '/1',
    'train-p': '/3',
    other: '/2'
  });
});
