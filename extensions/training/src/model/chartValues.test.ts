import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IReplicaMetrics } from '@mofang/shared';

import {
  formatValue,
  highest,
  lastValue,
  nearest,
  segments,
  summed,
  valueTicks
} from './chartValues';
import { formatTick, timeTicks } from './chartTime';

const GIB = 2 ** 30;

test('values carry a unit that suits their size', () => {
  assert.equal(formatValue(1, 'cores'), '1 core');
  assert.equal(formatValue(0.12345, 'cores'), '0.123 cores');
  assert.equal(formatValue(0, 'bytes'), '0 B');
  assert.equal(formatValue(1023, 'bytes'), '1023 B');
  assert.equal(formatValue(1024, 'bytes'), '1 KiB');
  assert.equal(formatValue(1.5 * GIB, 'bytes'), '1.5 GiB');
  assert.equal(formatValue(2 ** 20 * 3.14159, 'rate'), '3.14 MiB/s');
  assert.equal(formatValue(36.6, 'percent'), '37 %');
});

test('ticks begin at nought, are round and reach the highest value', () => {
  assert.deepEqual(valueTicks(3.2, 'cores'), [0, 1, 2, 3, 4]);
  assert.deepEqual(valueTicks(0.7, 'cores'), [0, 0.2, 0.4, 0.6, 0.8]);
  assert.deepEqual(valueTicks(4, 'cores'), [0, 1, 2, 3, 4]);
  assert.deepEqual(
    valueTicks(3.3 * GIB, 'bytes').map(each => formatValue(each, 'bytes')),
    ['0 B', '1 GiB', '2 GiB', '3 GiB', '4 GiB']
  );
  assert.deepEqual(valueTicks(12, 'percent'), [0, 25, 50, 75, 100]);
  for (const none of [valueTicks(0, 'cores'), valueTicks(0, 'rate')]) {
    assert.ok(none.length >= 2 && none.every(Number.isFinite), String(none));
  }
});

test('a limit counts unless it would press the curves flat', () => {
  const series = (limit: number | null) => [
    { name: 'cpu', values: [1, null, 2], limit }
  ];
  assert.equal(highest(series(null)), 2);
  assert.equal(highest(series(4)), 4);
  assert.equal(highest(series(64)), 2);
  assert.equal(highest([{ name: 'cpu', values: [null], limit: 4 }]), 4);
});

test('where nothing was measured a line has a gap', () => {
  assert.deepEqual(segments([null, 1, 2, null, 3]), [
    [
      [1, 1],
      [2, 2]
    ],
    [[4, 3]]
  ]);
  assert.deepEqual(segments([null]), []);
  assert.equal(lastValue([1, 0, null]), 0);
  assert.equal(lastValue([null]), null);
});

test('reading and writing add up; what was not measured does not count', () => {
  const replica: IReplicaMetrics = {
    role: 'worker',
    index: 0,
    times: ['a', 'b', 'c'],
    note: null,
    series: [
      { name: 'read', values: [1, null, null], limit: null },
      { name: 'write', values: [2, 5, null], limit: null },
      { name: 'gpu', values: [null, null, null], limit: null }
    ]
  };
  assert.deepEqual(summed(replica, ['read', 'write']), [3, 5, null]);
  assert.equal(summed(replica, ['gpu']), null);
});

test('the nearest time is found, also beyond both ends', () => {
  const times = [10, 20, 40];
  const found = [0, 14, 16, 31, 99].map(each => nearest(times, each));
  assert.deepEqual(found, [0, 0, 1, 2, 2]);
  assert.equal(nearest([], 5), -1);
});

test('time ticks are round on the local clock', () => {
  const half = 5.5 * 3_600_000;
  const from = Date.parse('2026-11-23T04:10:00Z');
  const ticks = timeTicks(from, from + 5 * 3_600_000, 6, () => half);
  assert.deepEqual(
    ticks.map(each => formatTick(each, 3_600_000, 'en-GB', 'Asia/Kolkata')),
    ['10:00', '11:00', '12:00', '13:00', '14:00']
  );
});

test('ticks stay round when clocks change between them', () => {
  // In Berlin, on 25 October 2026, 3:00 summer time became 2:00.
  const change = Date.parse('2026-10-25T01:00:00Z');
  const offset = (moment: number) => (moment < change ? 2 : 1) * 3_600_000;
  const from = Date.parse('2026-10-24T21:30:00Z');
  const ticks = timeTicks(from, from + 12 * 3_600_000, 6, offset);
  assert.deepEqual(
    ticks.map(each => formatTick(each, 3_600_000, 'en-GB', 'Europe/Berlin')),
    ['00:00', '02:00', '04:00', '06:00', '08:00', '10:00']
  );
});

test('seconds and dates are written where the step wants them', () => {
  const moment = Date.parse('2026-11-23T04:10:30Z');
  assert.equal(formatTick(moment, 10_000, 'en-GB', 'UTC'), '04:10:30');
  assert.equal(formatTick(moment, 86_400_000, 'en-GB', 'UTC'), '23 Nov');
});
