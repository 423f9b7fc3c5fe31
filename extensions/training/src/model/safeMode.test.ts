import assert from 'node:assert/strict';
import { test } from 'node:test';

import { documentPath, readSafeMode, safeModeText } from './safeMode';

const trans = {
  __: (text: string, ...values: string[]) =>
    text.replace(/%(\d)/g, (_, at: string) => values[Number(at) - 1] ?? '')
};

test('a page without the option is of a server that started normally', () => {
  assert.equal(readSafeMode(''), null);
});

test('the likeliest file is named with what to do', () => {
  const file = '/home/jovyan/.jupyter/jupyter_server_config.py';
  const option = JSON.stringify({ failure: 'It exited.', files: [file] });
  const found = readSafeMode(option);

  assert.ok(found);
  assert.match(
    safeModeText(found, trans),
    new RegExp(`Fix ${file}, then stop`)
  );
});

test('without a file it still says what to do', () => {
  const text = safeModeText({ failure: '', files: [] }, trans);

  assert.match(text, /Fix or reset them, then stop this server/);
});

test('a file is opened from the root of the container', () => {
  assert.equal(documentPath('/home/jovyan/a.py'), 'home/jovyan/a.py');
});
