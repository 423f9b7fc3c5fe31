/** When the first launcher is made. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import '@mofang/shared/testing/dom';
import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { CommandRegistry } from '@lumino/commands';
import { PromiseDelegate } from '@lumino/coreutils';

import { launcherPlugin } from './launcher';

afterEach(() => {
  PageConfig.setOption('treePath', '');
});

/** Returns how many launchers there are once the layout is restored. */
async function launchers(
  main: { isEmpty: boolean },
  hasLauncher = true
): Promise<number> {
  const commands = new CommandRegistry();
  let made = 0;
  if (hasLauncher) {
    commands.addCommand('launcher:create', { execute: () => (made += 1) });
  }
  const restored = new PromiseDelegate<void>();
  const app = {
    commands,
    restored: restored.promise
  } as unknown as JupyterFrontEnd;
  const shell = { isEmpty: () => main.isEmpty } as unknown as ILabShell;
  await launcherPlugin.activate(app, shell);
  assert.equal(made, 0, 'not before');
  restored.resolve();
  await restored.promise;
  await Promise.resolve();
  return made;
}

void test('an empty main area gets its launcher with the layout', async () => {
  assert.equal(await launchers({ isEmpty: true }), 1);
});

void test('what was open is not covered', async () => {
  assert.equal(await launchers({ isEmpty: false }), 0);
});

void test('a file that the address names comes in its place', async () => {
  PageConfig.setOption('treePath', 'home/jovyan/train.ipynb');
  assert.equal(await launchers({ isEmpty: true }), 0);
});

void test('without a launcher there is none', async () => {
  assert.equal(await launchers({ isEmpty: true }, false), 0);
});

void test('without the shell of JupyterLab nothing is done', () => {
  const app = {} as unknown as JupyterFrontEnd;
  assert.equal(launcherPlugin.activate(app, null), undefined);
});
