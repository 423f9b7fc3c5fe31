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

test('of what a terminal is told nothing is shown but its text', () => {
  const shown: [string, string][] = [
    ['a\x1b(Bb\x1b)0c\x1b#8', 'abc'],
    ['\x1b7saved\x1b8\x1b=\x1b>\x1bc', 'saved'],
    ['\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['\x1bPq#0\x1b\\sixel\x1b_x\x1b\\', 'sixel'],
    ['\x1b[?25lhidden\x1b[2K\x1b[1 q', 'hidden'],
    ['|\b/\b-\b done', ' done'],
    ['10 %\b\b\b\b20 %', '20 %'],
    ['secret\b\b\b\b\b\b      \b\b\b\b\b\b', ''],
    ['\b\bé\u{1f600}\bx', 'éx'],
    ['bell\x07, nul\0, shift\x0e\x0f, del\x7f', 'bell, nul, shift, del'],
    ['a\tb', 'a\tb']
  ];
  for (const [raw, text] of shown) {
    assert.equal(shownLine(raw).text, text);
  }
});

test('the platform’s own lines are known by their mark', () => {
  assert.equal(shownLine('[Mofang] starts').isSystem, true);
  assert.equal(shownLine('epoch 1').isSystem, false);
});

test('a part from the middle begins with a whole line', () => {
  const bytes = new TextEncoder().encode('é half\nwhole\n').subarray(1);
  assert.equal(firstLineStart(bytes), 7);
});

test('a part of a line that is longer begins in it', () => {
  const start = (text: string, from = 0) =>
    firstLineStart(new TextEncoder().encode(text).subarray(from));
  for (const end of ['', '\n']) {
    assert.equal(start(`no break${end}`), 0);
    assert.equal(start(`5 %\r 6 %\r 7 %${end}`), 4);
    assert.equal(start(`a line of a file from Windows\r${end}`), 0);
    assert.equal(start(`é half a character${end}`, 1), 1);
    assert.equal(start(`\u{1f600} of four bytes${end}`, 1), 3);
  }
  assert.equal(start(''), 0);
});

test('a progress bar does not grow with its states', () => {
  const cutter = new LineCutter();
  for (let state = 0; state < 10_000; state++) {
    assert.deepEqual(cutter.push(`\r${state} of 10000`), []);
  }
  assert.equal(cutter.pending, '9999 of 10000');
  assert.deepEqual(cutter.push('\rdone\r'), []);
  assert.deepEqual(cutter.push('\n'), ['done\r']);
});

test('a search finds every place, in any case', () => {
  assert.deepEqual(matches('Loss loss LOSS', 'loss'), [0, 5, 10]);
  assert.deepEqual(matches('aaa', 'aa'), [0]);
  assert.deepEqual(matches('anything', ''), []);
});
