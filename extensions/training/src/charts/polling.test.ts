import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { pollWhileVisible, type IVisibilityTarget } from './polling';

class Page extends EventTarget {
  hidden = false;

  show(shown: boolean): void {
    this.hidden = !shown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

function reading(outcomes: boolean[], isLasting: boolean, page = new Page()) {
  let count = 0;
  const read = async () => outcomes[count++] ?? true;
  const stop = pollWhileVisible(
    read,
    isLasting,
    page as unknown as IVisibilityTarget
  );
  return { page, stop, count: () => count };
}

async function pass(context: TestContext, seconds: number): Promise<void> {
  await new Promise(setImmediate);
  context.mock.timers.tick(seconds * 1_000);
  await new Promise(setImmediate);
}

test('what lasts is read until that succeeded', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { count } = reading([false, true], true);
  await pass(context, 10);
  assert.equal(count(), 2);
  await pass(context, 60);
  assert.equal(count(), 2);
});

test('what lasts is read once the page is shown', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const page = new Page();
  page.hidden = true;
  const { count } = reading([], true, page);
  await pass(context, 60);
  assert.equal(count(), 0);
  page.show(true);
  await pass(context, 0);
  page.show(false);
  page.show(true);
  assert.equal(count(), 1);
});

test('what changes is read while the page is shown', async context => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { page, stop, count } = reading([], false);
  await pass(context, 10);
  assert.equal(count(), 2);
  page.show(false);
  await pass(context, 60);
  assert.equal(count(), 2);
  page.show(true);
  await pass(context, 10);
  assert.equal(count(), 4);
  stop();
  await pass(context, 60);
  page.show(true);
  assert.equal(count(), 4);
});
