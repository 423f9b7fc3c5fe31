import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exactNumber, parseExact, stringifyExact } from './exactJson';

const NUMBERS = [
  ...['0', '-1', '0.1', '1.0', '-0', '-0.0', '1e-05', '1E5', '0.10'],
  ...[
    '9007199254740993',
    '12345678901234567890',
    '1e400',
    '2.50000000000000001'
  ]
];

test('every number is written back as it was read', () => {
  for (const text of NUMBERS) {
    assert.equal(stringifyExact(parseExact(text)), text);
    assert.equal(String(exactNumber(text)), text);
  }
});

test('all else of a job is as JSON reads and writes it', () => {
  const plain = { a: [1, null, true, 'é "\n'], b: {}, c: { d: 0.5, e: [] } };
  const text = JSON.stringify(plain);
  assert.deepEqual(parseExact(text), plain);
  assert.equal(stringifyExact(parseExact(text)), text);
  // With one number in it that JavaScript would write otherwise.
  const more = text.replace('0.5', '1.0');
  assert.equal(stringifyExact(parseExact(more)), more);
  assert.equal(parseExact<typeof plain>(more).a[0], 1);
});

test('what is not JSON is refused', () => {
  assert.throws(() => parseExact('{'), SyntaxError);
});
