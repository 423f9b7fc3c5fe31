/** What tests of widgets share; import `shared/testing/dom` before it. */
import assert from 'node:assert/strict';

import { nullTranslator } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { cleanup, waitFor } from '@testing-library/react';

// How long tests wait.
import '../../shared/testing/controls';
import { TrainingJobs } from '../src/jobs';
import { DOMAIN } from '../src/tokens';
import type { FakeServer } from './server';

// Nothing waits for what signals bring: as in a browser, it comes in its own time.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: false });

// As JupyterLab's style sheet does, without which dialogs were hidden.
const style = document.createElement('style');
style.textContent = 'dialog.jp-Dialog { display: flex; }';
document.head.append(style);

export const trans = nullTranslator.load(DOMAIN);

const opened: IDisposable[] = [];

/** Dispose of it when the test ends. */
export function disposable<T extends IDisposable>(one: T): T {
  opened.push(one);
  return one;
}

/** The jobs of a server; closed when the test ends. */
export function jobsOf(server: FakeServer): TrainingJobs {
  return disposable(new TrainingJobs(server.settings));
}

/** Put a widget on the page. */
export function attach<W extends Widget>(widget: W): W {
  Widget.attach(disposable(widget), document.body);
  MessageLoop.sendMessage(widget, Widget.Msg.AfterShow);
  return widget;
}

/** To be called after each test; what cannot be disposed of fails it. */
export function clear(): void {
  const errors: unknown[] = [];
  for (const each of opened.splice(0).reverse()) {
    try {
      each.dispose();
    } catch (error) {
      errors.push(error);
    }
  }
  cleanup();
  document.body.replaceChildren();
  assert.deepEqual(errors, []);
}

/**
 * Wait until an element has the focus. Elements are not compared by `assert.equal`,
 * which prints both with the whole page where they differ.
 */
export async function hasFocus(
  element: () => Element | null | undefined
): Promise<void> {
  await waitFor(() => {
    const focused = document.activeElement;
    assert.ok(
      focused === element(),
      `The focus is at ${focused?.outerHTML.slice(0, 200)}`
    );
  });
}
