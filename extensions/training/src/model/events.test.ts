import assert from 'node:assert/strict';
import { test } from 'node:test';

import { backOff, EventParser } from './events';

test('events come out whole, however the text was cut', () => {
  const text = 'event: job\ndata: {"a": 1}\n\n: still here\n\ndata: 2\n\n';
  for (let size = 1; size < text.length; size++) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < text.length; at += size) {
      found.push(...parser.push(text.slice(at, at + size)));
    }
    assert.deepEqual(found, ['{"a": 1}', '2']);
  }
});

test('data of several lines is one event', () => {
  assert.deepEqual(new EventParser().push('data: a\ndata: b\n\n'), ['a\nb']);
});

test('attempts are spread, and never further apart than 30 s', () => {
  assert.equal(backOff(0, 0), 500);
  assert.equal(backOff(0, 1), 1000);
  assert.equal(backOff(20, 1), 30_000);
});
