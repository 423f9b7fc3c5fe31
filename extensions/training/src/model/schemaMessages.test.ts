import assert from 'node:assert/strict';
import { test } from 'node:test';

import { validate } from './jobChecks';
import { emptyForm, emptyPathRow, type IJobForm } from './jobForm';
import { defaults, trans } from './testDefaults';

const good: IJobForm = {
  ...emptyForm(),
  name: 'train',
  script: '/home/jovyan/code/train.py'
};
const absolute = 'Write it from the root: /home/jovyan/experiment.';
const input = emptyPathRow();

const messages: [string, Partial<IJobForm>, string, string][] = [
  ['no name', { name: ' ' }, 'name', 'Give the job a name.'],
  ['a long name', { name: 'x'.repeat(64) }, 'name', 'At most 63 characters.'],
  ['a folder', { script: '/a/' }, 'script', 'That is a folder.'],
  [
    'an exponent',
    { runAsUser: '1e3' },
    'run_as_user',
    'A whole number from 1 to 65535.'
  ],
  [
    'an image with a space',
    { image: 'a b:1' },
    'image',
    'An image has no spaces.'
  ],
  [
    'an image that is none',
    { image: 'a@b' },
    'image',
    'Write its full reference: registry/name:tag.'
  ],
  [
    'a relative folder',
    { workingDirectory: 'code' },
    'working_directory',
    absolute
  ],
  [
    'a relative input after an empty row',
    { inputs: [emptyPathRow(), { ...input, name: 'data_url', path: 'data' }] },
    'inputs.1.path',
    'Write it from the root, or a data source: source://name/path.'
  ],
  [
    'an input without a name',
    { inputs: [{ ...input, path: '/data' }] },
    'inputs.0.name',
    'A name such as data_url: letters, digits, underscores.'
  ],
  [
    'a value without a name',
    { env: [{ name: '', value: '1' }] },
    'env.0.name',
    'Letters, digits and underscores, no digit first.'
  ],
  [
    'a hyper-parameter with a space',
    { hyperparameters: [{ name: 'a b', value: '1' }] },
    'hyperparameters.0.name',
    'Letters, digits, underscores, dots and dashes, a letter first.'
  ],
  [
    'a secret that is not named',
    { secrets: [{ name: 'TOKEN', secret: '', key: 'key' }] },
    'secrets.0.secret',
    'Name both: the secret and its key.'
  ],
  [
    'a secret in capitals',
    { secrets: [{ name: 'TOKEN', secret: 'HUB', key: 'key' }] },
    'secrets.0.secret',
    'Letters, digits, dots and dashes.'
  ]
];

for (const [what, part, path, sentence] of messages) {
  test(`${what} is told in a sentence of ours`, () => {
    assert.deepEqual(validate({ ...good, ...part }, defaults, trans), {
      [path]: sentence
    });
  });
}
