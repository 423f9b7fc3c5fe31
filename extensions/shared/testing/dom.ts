/** A page for tests of components; import it before React. */
import axe from 'axe-core';
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><html lang="en"></html>', {
  pretendToBeVisual: true,
  url: 'http://localhost/'
});

class NoResizes {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

const globals = globalThis as unknown as Record<string, unknown>;
const page = window as unknown as Record<string, unknown>;
for (const name of Object.getOwnPropertyNames(window)) {
  if (!(name in globals)) {
    globals[name] = page[name];
  }
}
Object.assign(globals, {
  window,
  document: window.document,
  Event: window.Event,
  // What jsdom lacks.
  DragEvent: window.MouseEvent,
  ResizeObserver: NoResizes,
  requestIdleCallback: (callback: () => void) => setTimeout(callback),
  cancelIdleCallback: clearTimeout,
  CSS: {},
  IS_REACT_ACT_ENVIRONMENT: true
});

/** Translates nothing, but fills in parameters. */
export const trans = {
  __: (sentence: string, ...values: unknown[]) =>
    values.reduce<string>(
      (text, value, at) => text.replaceAll(`%${at + 1}`, String(value)),
      sentence
    )
};

/** Rules of accessibility that an element breaks; colours need a real browser. */
export async function brokenRules(element: Element): Promise<string[]> {
  const rules = {
    'color-contrast': { enabled: false },
    region: { enabled: false }
  };
  const { violations } = await axe.run(element, { rules });
  return violations.map(({ id, help }) => `${id}: ${help}`);
}
