import { brokenRules, trans } from '../../shared/testing/dom';

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { act, cleanup, render, screen } from '@testing-library/react';
import * as React from 'react';

import { fill, press } from '../../shared/testing/controls';
import { type IControlledShell, ShellControls } from './controls';
import type { ITarget } from './model';

afterEach(cleanup);

class FakeShell implements IControlledShell {
  readonly changed = new Signal<this, void>(this);
  readonly opened: ITarget[] = [];
  target: ITarget = { jobId: 'train-abc123', role: 'worker', index: 0 };
  job: IControlledShell['job'] = {
    id: 'train-abc123',
    spec: { name: 'train' },
    replicas: [
      { role: 'worker', index: 0, state: 'Running', shell_allowed: true },
      { role: 'worker', index: 1, state: 'Running', shell_allowed: true }
    ]
  };
  status: IControlledShell['status'] = 'connecting';
  reconnects = 0;

  open(target: ITarget): void {
    this.opened.push(target);
  }

  reconnect(): void {
    this.reconnects++;
  }

  async refreshJob(): Promise<void> {}
}

function controls(shell: IControlledShell): HTMLElement {
  const bundle = trans as unknown as TranslationBundle;
  return render(<ShellControls shell={shell} trans={bundle} />).container;
}

test('another replica is opened by choosing it', async () => {
  const shell = new FakeShell();
  controls(shell);
  await fill('Replica', 'worker-1');
  assert.deepEqual(shell.opened, [
    { jobId: 'train-abc123', role: 'worker', index: 1 }
  ]);
});

test('the status is announced as it changes', () => {
  const shell = new FakeShell();
  controls(shell);
  assert.equal(screen.getByRole('status').textContent, 'Connecting…');
  act(() => {
    shell.status = 'ended';
    shell.changed.emit();
  });
  assert.equal(screen.getByRole('status').textContent, 'Ended');
});

test('a shell is opened anew by its button', async () => {
  const shell = new FakeShell();
  controls(shell);
  await press(/Reconnect/);
  assert.equal(shell.reconnects, 1);
});

test('the controls are accessible', async () => {
  assert.deepEqual(await brokenRules(controls(new FakeShell())), []);
});
