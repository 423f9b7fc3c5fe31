import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { ILogSource } from '../tokens';
import { LogReader, type LogState } from './reader';

const BYTES = new TextEncoder().encode('first\nlast\n');

/** A log whose first readings fail as told. */
function log(...failures: unknown[]) {
  const reads: number[] = [];
  const follows: number[] = [];
  const lines: string[] = [];
  const states: LogState[] = [];
  const source: ILogSource = {
    url: '',
    read: async offset => {
      reads.push(offset);
      if (failures.length > 0) {
        throw failures.shift();
      }
      const bytes = offset < 0 ? BYTES : new Uint8Array();
      const size = BYTES.length;
      return { bytes, start: Math.max(0, offset), size, complete: false };
    },
    follow: async function* (offset, signal) {
      follows.push(offset);
      await new Promise(resolve => (signal.onabort = resolve));
    }
  };
  const reader = new LogReader(source, {
    prepend: found => lines.unshift(...found),
    append: found => lines.push(...found),
    state: state => states.push(state)
  });
  return { reader, reads, follows, lines, states };
}

/** Let go on what waits for nothing but its turn, then for the clock. */
async function pass(context: TestContext, milliseconds = 0): Promise<void> {
  context.mock.timers.tick(milliseconds);
  await new Promise(setImmediate);
}

test('a log is followed from where its newest part ends', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { reader, follows, lines } = log();
  await reader.begin();
  void reader.follow();
  await pass(context);
  assert.deepEqual(follows, [BYTES.length]);
  assert.deepEqual(lines, ['first', 'last']);
  reader.dispose();
});

test('a first reading that failed is made up for', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { reader, follows, lines } = log(new Error('a'), new Error('b'));
  await assert.rejects(reader.begin(), /a/);
  void reader.follow();
  await pass(context);
  assert.deepEqual([follows, lines], [[], []]);
  await pass(context, 2_000);
  assert.deepEqual(follows, [BYTES.length]);
  assert.deepEqual(lines, ['first', 'last']);
  reader.dispose();
});

test('a log that is not there yet is followed from its start', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { reader, follows } = log({ status: 404 });
  await assert.rejects(reader.begin());
  void reader.follow();
  await pass(context);
  assert.deepEqual(follows, [0]);
  reader.dispose();
});

test('who follows while the first reading lasts waits for it', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { reader, reads, follows, lines } = log();
  void reader.begin();
  void reader.follow();
  await pass(context);
  assert.deepEqual([reads.length, follows], [1, [BYTES.length]]);
  assert.deepEqual(lines, ['first', 'last']);
  reader.dispose();
});
