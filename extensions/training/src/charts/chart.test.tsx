import { brokenRules, trans } from '../../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { Chart } from './chart';
import type { ILine } from './lines';
import { Sparkline } from './sparkline';

afterEach(cleanup);

const MINUTE = 60_000;
const FROM = Date.parse('2026-11-01T10:00:00Z');

function line(name: string, values: (number | null)[]): ILine {
  const times = values.map((_, at) => FROM + at * MINUTE);
  const series = { name: 'cpu', values, limit: null };
  return { name, times, series, colour: 'red', dash: '' };
}

function chart(hidden: string[] = []): HTMLElement {
  const lines = [line('worker-0', [1, null, 3]), line('worker-1', [2, 2, 2])];
  return render(
    <Chart
      chart={{ name: 'cpu', unit: 'cores', lines }}
      title="CPU"
      span={[FROM, FROM + 2 * MINUTE]}
      hidden={new Set(hidden)}
      trans={trans as unknown as TranslationBundle}
    />
  ).container;
}

test('a chart says its last values', () => {
  chart();
  const label = screen.getByRole('application').getAttribute('aria-label');
  assert.match(label ?? '', /^CPU\. Last values: worker-0 3 cores, worker-1 2/);
});

test('arrow keys read values off, also where one is missing', () => {
  chart();
  const picture = screen.getByRole('application');
  fireEvent.keyDown(picture, { key: 'ArrowLeft' });
  assert.match(screen.getByRole('status').textContent ?? '', /worker-03 cores/);
  fireEvent.keyDown(picture, { key: 'ArrowLeft' });
  assert.match(screen.getByRole('status').textContent ?? '', /worker-0–/);
  fireEvent.keyDown(picture, { key: 'Escape' });
  assert.equal(screen.queryByRole('status'), null);
});

test('a hidden replica is neither drawn nor read', () => {
  const container = chart(['worker-0']);
  assert.equal(container.querySelectorAll('.mf-ChartLine').length, 1);
  const label = screen.getByRole('application').getAttribute('aria-label');
  assert.doesNotMatch(label ?? '', /worker-0/);
});

test('a line has a gap where nothing was measured', () => {
  const container = chart(['worker-1']);
  const paths = [...container.querySelectorAll('.mf-ChartLine path')];
  // Two points that are alone: dots.
  assert.deepEqual(
    paths.map(path => path.getAttribute('stroke-linecap')),
    ['round', 'round']
  );
  assert.match(paths[0].getAttribute('d') ?? '', /^M74,[\d.]+Z$/);
  assert.match(paths[1].getAttribute('d') ?? '', /^M466,[\d.]+Z$/);
});

test('charts are accessible', async () => {
  assert.deepEqual(await brokenRules(chart()), []);
});

test('a sparkline is cut at its top and has gaps', () => {
  const { container } = render(<Sparkline values={[0, 9, null, 1]} max={2} />);
  const edge = container.querySelector('.mf-SparklineEdge');
  const path = edge?.getAttribute('d') ?? '';
  assert.equal(path.split('M').length - 1, 2);
  assert.match(path, /^M0,19L33\.\d+,1M100,10/);
});
