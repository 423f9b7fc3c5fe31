import { brokenRules, trans } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { cleanup, render, screen } from '@testing-library/react';
import * as React from 'react';

import { press } from '../../shared/testing/controls';
import type { State } from './model';
import { Notice } from './notice';

afterEach(cleanup);

function notice(state: State, open = () => {}): HTMLElement {
  const bundle = trans as unknown as TranslationBundle;
  return render(
    <Notice state={state} text="/home/jovyan/logs" open={open} trans={bundle} />
  ).container;
}

test('a start says what is started', () => {
  notice({ kind: 'starting' });
  const { textContent } = screen.getByRole('status');
  assert.match(
    textContent ?? '',
    /Starting TensorBoard….*\/home\/jovyan\/logs/
  );
});

test('a failure is an alert that offers another try', async () => {
  let tries = 0;
  notice({ kind: 'failed', message: 'No such directory.' }, () => tries++);
  assert.match(
    screen.getByRole('alert').textContent ?? '',
    /No such directory\./
  );
  await press('Try again');
  assert.equal(tries, 1);
});

test('another try keeps the focus, though its button goes away', async () => {
  const bundle = trans as unknown as TranslationBundle;
  const shown = (state: State) => (
    <Notice state={state} text="logs" open={() => {}} trans={bundle} />
  );
  const { rerender } = render(shown({ kind: 'failed', message: 'No.' }));
  const button = await press('Try again');
  rerender(shown({ kind: 'starting' }));
  assert.ok(!button.isConnected);
  assert.ok(document.activeElement === screen.getByRole('status'));
});

test('who stopped it is told', () => {
  notice({ kind: 'ended', byPerson: false });
  assert.match(
    screen.getByRole('status').textContent ?? '',
    /has ended in the notebook server/
  );
});

test('notices are accessible', async () => {
  const states: State[] = [
    { kind: 'starting' },
    { kind: 'stopping' },
    { kind: 'failed', message: 'No.' },
    { kind: 'ended', byPerson: true }
  ];
  for (const state of states) {
    assert.deepEqual(await brokenRules(notice(state)), []);
    cleanup();
  }
});
