import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  selectionKey,
  selectionName,
  selectionOf,
  selectionText
} from './selection';

test('a command without a directory asks for one', () => {
  for (const args of [
    {},
    { logdir: '' },
    { logdir: 1 },
    { logdirs: {} },
    { logdirs: ['/a'] },
    { logdirs: { a: 1 } },
    { logdirs: null },
    { paths: [] },
    { paths: [1] }
  ]) {
    assert.equal(selectionOf(args), null, JSON.stringify(args));
  }
});

test('a command says what to show, and nothing else is taken from it', () => {
  assert.deepEqual(selectionOf({ logdir: '/a', title: 'A' }), { logdir: '/a' });
  assert.deepEqual(selectionOf({ logdirs: { a: '/a' }, title: 'A' }), {
    logdirs: { a: '/a' }
  });
  assert.deepEqual(selectionOf({ paths: ['a'] }), { paths: ['a'] });
});

test('what shows the same has one tab', () => {
  assert.equal(
    selectionKey({ logdirs: { a: '/a', b: '/b' } }),
    selectionKey({ logdirs: { b: '/b', a: '/a' } })
  );
  assert.equal(selectionKey({ logdir: '/a/' }), selectionKey({ logdir: '/a' }));
  assert.equal(
    selectionKey({ paths: ['a', 'b'] }),
    selectionKey({ paths: ['b', 'a'] })
  );
  assert.notEqual(
    selectionKey({ logdirs: { a: '/b' } }),
    selectionKey({ logdirs: { b: '/a' } })
  );
});

test('a tab without a title is called as its directories', () => {
  assert.equal(selectionName({ logdir: '/projects/vision/runs/' }), 'runs');
  assert.equal(selectionName({ logdir: '/' }), '/');
  assert.equal(
    selectionName({ logdirs: { small: '/a', large: '/b' } }),
    'small, large'
  );
  assert.equal(selectionName({ paths: ['home/a', 'home/b'] }), 'a, b');
});

test('the tool tip tells every directory', () => {
  assert.equal(
    selectionText({ logdirs: { small: '/a', large: '/b' } }),
    'small: /a\nlarge: /b'
  );
  assert.equal(selectionText({ paths: ['home/a'] }), '/home/a');
});
