import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firstLineStart, LineCutter, matches, shownLine } from './logText';

test('lines are cut where they end, not where pieces end', () => {
  const cutter = new LineCutter();
  assert.deepEqual(cutter.push('one\ntw'), ['one']);
  assert.equal(cutter.pending, 'tw');
  assert.deepEqual(cutter.push('o\nthree'), ['two']);
  assert.deepEqual(cutter.rest(), ['three']);
  assert.deepEqual(cutter.rest(), []);
});

test('an endless line does not grow for ever', () => {
  const cutter = new LineCutter();
  assert.equal(cutter.push('x'.repeat(100_000)).length, 1);
  assert.equal(cutter.pending, '');
});

test('colours go, and a progress bar shows what it showed last', () => {
  assert.equal(shownLine('\x1b[1;32mdone\x1b[0m\r').text, 'done');
  assert.equal(shownLine(' 10%\r 50%\r100%').text, '100%');
  assert.equal(shownLine('\x1b]0;title\x07text').text, 'text');
});

test('the platform’s own lines are known by their mark', () => {
  assert.equal(shownLine('[Mofang] starts').isSystem, true);
  assert.equal(shownLine('epoch 1').isSystem, false);
});

test('a part from the middle begins with a whole line', () => {
  const bytes = new TextEncoder().encode('é half\nwhole\n').subarray(1);
  assert.equal(firstLineStart(bytes), 7);
  assert.equal(firstLineStart(new TextEncoder().encode('no break')), 0);
});

test('a search finds every place, in any case', () => {
  assert.deepEqual(matches('Loss loss LOSS', 'loss'), [0, 5, 10]);
  assert.deepEqual(matches('aaa', 'aa'), [0]);
  assert.deepEqual(matches('anything', ''), []);
});
