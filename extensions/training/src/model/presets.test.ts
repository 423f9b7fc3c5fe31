import assert from 'node:assert/strict';
import { test } from 'node:test';

import { emptyForm, emptyPathRow, type IJobForm } from './jobForm';
import { presetForm, readPresets, withoutPreset, withPreset } from './presets';

const form: IJobForm = {
  ...emptyForm(),
  name: 'train',
  script: '/home/jovyan/train.py',
  hyperparameters: [{ name: 'lr', value: '0.1' }],
  outputs: [{ ...emptyPathRow(), name: 'train_url', path: '/a', staged: true }],
  secrets: [{ name: 'HF_TOKEN', secret: 'hub', key: 'token' }],
  roles: { ps: { replicas: '2', cpu: '', memory: '8Gi', gpu: '' } },
  restart: 'limit'
};

test('a preset survives the settings file', () => {
  const stored: unknown = JSON.parse(JSON.stringify([{ name: 'mine', form }]));
  assert.deepEqual(readPresets(stored), [{ name: 'mine', form }]);
});

test('what does not fit is as if never written', () => {
  const [preset] = readPresets([
    {
      name: 'old',
      form: {
        script: '/a.py',
        replicas: 3,
        priority: 'urgent',
        program: 'notebook',
        reusedCode: { directory: '/a', snapshot: 'x' },
        env: [{ name: 'A', value: 5 }, 'B'],
        roles: { ps: { replicas: '2', color: 'red' }, chief: null },
        color: 'red'
      }
    }
  ]);
  const none = { name: '', value: '' };
  const role = { replicas: '', cpu: '', memory: '', gpu: '' };
  assert.deepEqual(preset.form, {
    ...emptyForm(),
    script: '/a.py',
    env: [{ ...none, name: 'A' }, none],
    roles: { ps: { ...role, replicas: '2' }, chief: role }
  });
  for (const stored of [null, 'x', {}, [null], [{ name: 5 }], [{ name: '' }]]) {
    assert.deepEqual(readPresets(stored), []);
  }
});

test('a preset of before keeps its variables and its environment', () => {
  const env = [{ name: 'SEED', value: '7' }];
  const before = { environment: env, imageEnvironment: 'ray' };
  const [preset] = readPresets([{ name: 'old', form: before }]);
  assert.deepEqual(preset.form, { ...emptyForm(), env, environment: 'ray' });
});

test('a preset keeps nothing that belongs to one job alone', () => {
  const kept = presetForm({
    ...form,
    code: 'reuse',
    reusedCode: { directory: '/a', snapshot: '0' },
    program: 'converted',
    rerunOf: 'train-abc123'
  });
  assert.deepEqual(kept, { ...form, code: 'snapshot' });
});

test('a preset replaces the one of its name, in the order of names', () => {
  const other = { ...form, name: 'other' };
  const two = withPreset([{ name: 'b', form }], { name: 'a', form });
  assert.deepEqual(
    two.map(each => each.name),
    ['a', 'b']
  );
  const replaced = withPreset(two, { name: 'b', form: other });
  assert.deepEqual(replaced[1], { name: 'b', form: other });
  assert.deepEqual(withoutPreset(replaced, 'b'), [{ name: 'a', form }]);
});
