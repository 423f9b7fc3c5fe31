import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IJob } from '@mofang/shared';

import { emptyForm } from '../model/jobForm';
import { specOf } from '../model/jobSpec';
import { defaults } from '../model/testDefaults';
import { startForm, withDocument, withProgram } from './start';

test('a notebook is run as it is, in one container', () => {
  const form = startForm({ path: 'code/tune.ipynb' }, defaults);
  assert.equal(form.program, 'notebook');
  assert.equal(form.script, '/code/tune.ipynb');
  assert.equal(form.framework, 'single');
});

test('a notebook’s code can run as a script on several machines', () => {
  const start = startForm({ path: 'code/tune.ipynb' }, defaults);
  const form = withProgram(start, 'converted', 'code/tune.ipynb', defaults);
  assert.equal(form.script, '/code/tune.py');
  assert.equal(form.framework, 'pytorch');
});

test('a file keeps the framework of its environment, or the one chosen', () => {
  const tensorflow = {
    ...defaults,
    environment: 'speech-models',
    environment_frameworks: ['tensorflow', 'single']
  };
  const form = startForm({ path: 'train.py' }, tensorflow);
  assert.equal(form.framework, 'tensorflow');
  assert.equal(form.script, '/train.py');
  const chosen = { ...form, framework: 'mpi' };
  assert.equal(withDocument(chosen, 'b.py', tensorflow).framework, 'mpi');
});

test('a repeated job knows which one, and keeps only code that is readable', () => {
  const code = { directory: '/home/jovyan/code', snapshot: 'a'.repeat(64) };
  const filled = { ...emptyForm(), name: 'a', script: '/a.py' };
  const spec = { ...specOf(filled, defaults), code };
  const job = (owner: string) => ({ id: 'a-123456', owner, spec }) as IJob;

  const own = startForm({ job: job('ada') }, defaults);
  assert.equal(own.rerunOf, 'a-123456');
  assert.deepEqual(specOf(own, defaults).code, code);

  const other = startForm({ job: job('ben') }, defaults);
  assert.equal(other.code, 'snapshot');
  assert.equal(other.reusedCode, null);
  assert.equal(other.codeDirectory, code.directory);
});
