import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { shownLine } from '../model/logText';
import type { ILogSource } from '../tokens';
import { LogReader, type LogState } from './reader';

const BYTES = new TextEncoder().encode('first\nlast\n');

/** A log whose first reads fail with the given errors. */
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

/** A log that is complete, and a reader that was asked for all of it. */
async function readBack(content: string) {
  const all = new TextEncoder().encode(content);
  const lines: string[] = [];
  let more = false;
  const source: ILogSource = {
    url: '',
    read: async (offset, limit) => {
      const start = offset < 0 ? Math.max(0, all.length + offset) : offset;
      const bytes = all.subarray(start, start + limit);
      return { bytes, start, size: all.length, complete: true };
    },
    follow: async function* () {}
  };
  const reader = new LogReader(source, {
    prepend: (found, others) => {
      lines.unshift(...found);
      more = others;
    },
    append: found => lines.push(...found),
    state: () => undefined
  });
  await reader.begin();
  let times = 0;
  for (; more; times++) {
    assert.ok(times < 10, 'no end in sight');
    await reader.earlier();
  }
  return { lines, times };
}

/** Run pending promises, then advance the clock. */
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

test('a line that is longer than a part is read in pieces', async () => {
  const long = 'é'.repeat(400_000);
  for (const end of ['', '\n', '\nafter\n']) {
    const { lines, times } = await readBack(`before\n${long}${end}`);
    assert.ok(times <= 4);
    assert.equal(lines[0], 'before');
    assert.equal(lines.join(''), `before${long}${end.replaceAll('\n', '')}`);
    assert.ok(!lines.includes(''));
  }
});

test('a progress bar of many states is passed over', async () => {
  const bar = Array.from(
    { length: 12_000 },
    (_, at) => `\r${String(at).padStart(5)} of 12000 ${'#'.repeat(70)}`
  ).join('');
  const { lines } = await readBack(`before\n${bar}\nafter\n`);
  assert.equal(lines[0], 'before');
  assert.equal(lines.at(-1), 'after');
  assert.ok(shownLine(lines.at(-2)!).text.startsWith('11999 of 12000'));
  assert.ok(!lines.some(line => shownLine(line).text === ''));
});

test('lines come back as they were written, and empty ones too', async () => {
  const written = Array.from({ length: 60_000 }, (_, at) =>
    at % 3 ? `line ${at}` : ''
  );
  const { lines } = await readBack(`${written.join('\n')}\n`);
  assert.deepEqual(lines, written);
});
