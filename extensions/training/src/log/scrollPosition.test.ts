import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  isAtEnd,
  isMove,
  isMoveUp,
  topByKey,
  type IScrollPosition
} from './scrollPosition';

function positionAt(scrollTop: number, scrollHeight = 1000): IScrollPosition {
  return { scrollTop, scrollHeight, clientHeight: 200 };
}

const end = positionAt(800);

test('whoever goes up is away, however little a smooth step begins with', () => {
  assert.ok(isMoveUp(end, positionAt(790)));
  assert.ok(isMoveUp(end, positionAt(0)));
  assert.ok(isMoveUp(positionAt(500), positionAt(400)));
});

test('nobody moved when the lines did', () => {
  assert.ok(!isMoveUp(end, end));
  // Earlier lines were dropped; lines turned out lower than was thought.
  assert.ok(!isMoveUp(end, positionAt(600, 800)));
  // Lines came at the end; lines turned out higher.
  assert.ok(!isMoveUp(end, positionAt(800, 1100)));
  // The view grew.
  assert.ok(!isMoveUp(end, { ...end, scrollTop: 700, clientHeight: 300 }));
  // The page sprang back from beyond its end.
  assert.ok(!isMoveUp(positionAt(850), end));
});

test('going down is not going up, and ends near the end', () => {
  assert.ok(!isMoveUp(positionAt(100), positionAt(770)));
  assert.ok(isAtEnd(positionAt(770)));
  assert.ok(!isAtEnd(positionAt(700)));
});

test('a view that stands still was not moved by what it shows', () => {
  assert.ok(!isMove(end, positionAt(800, 1100)));
  assert.ok(isMove(end, positionAt(790)));
});

test('keys lead up by a step, a page or all of it, and to the end', () => {
  assert.equal(topByKey('ArrowUp', end), 760);
  assert.equal(topByKey('PageUp', end), 625);
  assert.equal(topByKey('PageUp', positionAt(100)), 0);
  assert.equal(topByKey('Home', end), 0);
  assert.equal(topByKey('End', positionAt(100)), 1000);
  assert.equal(topByKey('PageDown', positionAt(100)), null);
  assert.equal(topByKey('a', end), null);
});
