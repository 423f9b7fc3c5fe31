import '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { trans } from '../../../shared/testing/dom';
import { documentPath, SourceDrive } from './drive';
import { ServerDataSources } from './request';

/** A drive whose server answers so; what it was asked for. */
function drive(status: number, body: object) {
  const asked: URL[] = [];
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/user/ada/',
    fetch: request => {
      asked.push(new URL((request as Request).url));
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    }
  });
  const sources = new ServerDataSources(serverSettings);
  const bundle = trans as unknown as TranslationBundle;
  return { drive: new SourceDrive(serverSettings, sources, bundle), asked };
}

test('a document is asked for by its source and key, to the letter', async () => {
  const { drive: s3, asked } = drive(200, { path: 'a/ö%25+.csv', size: 1 });
  const model = await s3.get('lake/a/ö%25+.csv', {
    type: 'file',
    format: 'text',
    content: true
  });
  assert.equal(model.path, 'lake/a/ö%25+.csv');
  assert.equal(asked[0].pathname, '/user/ada/mofang/files/api/data/object');
  const query = asked[0].searchParams;
  assert.equal(query.get('source'), 'lake');
  assert.equal(query.get('path'), 'a/ö%25+.csv');
  assert.equal(query.get('format'), 'text');
});

test('what is not there is an error as JupyterLab expects it', async () => {
  const { drive: s3 } = drive(404, { message: 'It is not there any more.' });
  await assert.rejects(s3.get('lake/x'), (error: unknown) => {
    assert.ok(error instanceof ServerConnection.ResponseError);
    assert.equal(error.response.status, 404);
    assert.equal(error.message, 'It is not there any more.');
    return true;
  });
});

test('nothing is written, and the refusal says what to do', async () => {
  const { drive: s3, asked } = drive(200, {});
  for (const write of [
    s3.save(),
    s3.rename(),
    s3.delete(),
    s3.copy(),
    s3.newUntitled(),
    s3.createCheckpoint()
  ]) {
    await assert.rejects(write, /written to by programs. Download it/);
  }
  assert.deepEqual(await s3.listCheckpoints(), []);
  assert.deepEqual(asked, []);
});

test('only keys that are paths of files have a document', () => {
  assert.equal(documentPath('lake', 'a/b: c.csv'), 'S3:lake/a/b: c.csv');
  for (const key of ['a//b', '/a', '../a', 'a/./b', 'a/..']) {
    assert.equal(documentPath('lake', key), null, key);
  }
});
