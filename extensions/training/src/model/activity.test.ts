import assert from 'node:assert/strict';
import { test } from 'node:test';

import { nullTranslator } from '@jupyterlab/translation';

import { hourChoices, keptText, noticeText, timeOfDay } from './activity';

const trans = nullTranslator.load('mofang_training');
const HOUR = 3600;
const NOON = Date.parse('2026-11-30T12:00:00');

const noticed = {
  idle_seconds: HOUR + 300,
  reasons: [],
  stop_in_seconds: 15 * 60,
  extended_seconds: 0,
  extendable_seconds: 7 * HOUR
};

test('the notice says for how long, when, and what stays', () => {
  const text = noticeText(noticed, NOON, trans);
  assert.match(text, /Nothing has happened in this server for 1 h 5 min\./);
  assert.ok(text.includes(timeOfDay(NOON + 15 * 60 * 1000)), text);
  assert.match(text, /your files stay, kernels end\.$/);
});

test('a server that cannot be kept any longer says so', () => {
  const text = noticeText({ ...noticed, extendable_seconds: 30 }, NOON, trans);
  assert.match(text, /cannot be kept any longer/);
});

test('hours are offered up to the bound, which is among them', () => {
  const hours = (seconds: number) =>
    hourChoices({ ...noticed, extendable_seconds: seconds });
  assert.deepEqual(hours(7.9 * HOUR), [1, 2, 4, 7]);
  assert.deepEqual(hours(HOUR), [1]);
  assert.deepEqual(hours(59 * 60), []);
});

test('what was asked for is said with its end', () => {
  const kept = {
    ...noticed,
    stop_in_seconds: null,
    extended_seconds: 2 * HOUR
  };
  assert.equal(
    keptText(kept, NOON, trans),
    `This server is kept until ${timeOfDay(NOON + 2 * HOUR * 1000)}.`
  );
});
