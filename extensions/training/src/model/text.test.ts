import assert from 'node:assert/strict';
import { test } from 'node:test';

import { shortDuration } from './duration';
import { parseQuantity } from './quantity';
import { joinShellWords, splitShellWords } from './shellWords';

test('words are split as a shell does', () => {
  assert.deepEqual(splitShellWords(`a  "b c" 'd"e' f\\ g h=""`), [
    'a',
    'b c',
    'd"e',
    'f g',
    'h='
  ]);
  assert.equal(splitShellWords('"open'), null);
  assert.deepEqual(splitShellWords(''), []);
});

test('words that were joined are split again', () => {
  const words = ['plain', 'with space', "it's", '', '$HOME', '\\', '"'];
  assert.deepEqual(splitShellWords(joinShellWords(words)), words);
});

test('quantities are those of Kubernetes', () => {
  assert.equal(parseQuantity('500m'), 0.5);
  assert.equal(parseQuantity('1.5Gi'), 1.5 * 2 ** 30);
  assert.equal(parseQuantity('2'), 2);
  for (const bad of ['', '2 Gi', 'Gi', '-1', '1e3', '2GB']) {
    assert.equal(parseQuantity(bad), null, bad);
  }
});

test('durations are short', () => {
  assert.equal(shortDuration(-5), '0 s');
  assert.equal(shortDuration(59_000), '59 s');
  assert.equal(shortDuration(61_000), '1 min');
  assert.equal(shortDuration(9_000_000), '2 h 30 min');
  assert.equal(shortDuration(300_000_000), '3 d');
});
