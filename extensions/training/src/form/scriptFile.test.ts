import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ServerConnection, type Contents } from '@jupyterlab/services';

import { MARK } from '../model/notebookScript';
import { trans } from '../model/testDefaults';
import { checkReplaceable } from './scriptFile';

function check(get: () => Promise<Partial<Contents.IModel>>): Promise<void> {
  const contents = { get: get as () => Promise<Contents.IModel> };
  return checkReplaceable(contents, 'train.py', trans);
}

function refused(status: number) {
  return async () => {
    const response = new Response('', { status });
    throw new ServerConnection.ResponseError(response, 'Told why');
  };
}

test('a script that is not there, or was made here, is written', async () => {
  await check(refused(404));
  await check(async () => ({ content: `${MARK} train.ipynb` }));
});

test('a file of the person is left alone', async () => {
  await assert.rejects(
    check(async () => ({ content: 'import torch' })),
    /there already/
  );
});

test('a file that cannot be read is taken for the person’s own', async () => {
  const kept =
    /train.py could not be read, so it was not replaced \(Told why\)/;
  for (const status of [400, 403, 500, 503]) {
    await assert.rejects(check(refused(status)), kept);
  }
  await assert.rejects(
    check(async () => {
      throw new TypeError('Failed to fetch');
    }),
    /Failed to fetch/
  );
});
