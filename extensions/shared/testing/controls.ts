/**
 * What a person does to controls, for tests of components; import `dom` before it.
 *
 * A control that is disabled swallows a click, and what a test then waits for never
 * comes. So each of these waits until its control is there, alone of its name and enabled,
 * and acts in that same moment, before another drawing can replace it. ESLint keeps
 * tests from `fireEvent.click` and `fireEvent.change`.
 */
import assert from 'node:assert/strict';

import {
  type ByRoleMatcher,
  configure,
  fireEvent,
  screen,
  waitFor,
  within
} from '@testing-library/react';

configure({
  // For machines that do much else.
  asyncUtilTimeout: 30_000,
  // Without the whole page in each message.
  getElementError: message => new Error(message ?? 'Not found.')
});

type Name = string | RegExp;

interface IControlOptions {
  /** The part of the page in which it is looked for; everywhere by default. */
  inside?: HTMLElement;
}

/** Whether a control ignores what is done to it, for assistive technology or at all. */
export function isDisabled(control: Element): boolean {
  return (
    control.matches(':disabled') ||
    control.getAttribute('aria-disabled') === 'true'
  );
}

/** Wait until a control of a name can be used; the control. */
export function isEnabled(
  name: Name,
  role: ByRoleMatcher = 'button'
): Promise<HTMLElement> {
  return waitFor(() => enabled(screen.getByRole(role, { name })));
}

/** The control, or the reason why it cannot be used. */
function enabled<E extends HTMLElement>(control: E): E {
  assert.ok(
    !isDisabled(control),
    `It is disabled: ${control.outerHTML.slice(0, 200)}`
  );
  return control;
}

/** Act on a control in the moment in which it can be used; the control. */
async function use<E extends HTMLElement>(
  find: () => E,
  act: (control: E) => void
): Promise<E> {
  return waitFor(() => {
    const control = enabled(find());
    control.focus();
    act(control);
    return control;
  });
}

/** Press the button (or what else has the role) of a name, once it is enabled. */
export function press(
  name: Name,
  {
    role = 'button',
    inside = document.body
  }: IControlOptions & { role?: ByRoleMatcher } = {}
): Promise<HTMLElement> {
  return use(
    () => within(inside).getByRole(role, { name }),
    control => fireEvent.click(control)
  );
}

/**
 * Type a value into the field of a label, or choose it, once the field is enabled.
 *
 * @param label - The field's label.
 * @param value - What it then has; of a drop-down one of its options.
 */
export function fill(
  label: Name,
  value: string,
  { inside = document.body }: IControlOptions = {}
): Promise<HTMLElement> {
  return use(
    () => within(inside).getByLabelText(label),
    control => {
      if (control instanceof HTMLSelectElement) {
        const option = [...control.options].find(each => each.value === value);
        assert.ok(option, `“${value}” is no option of ${control.outerHTML}`);
        assert.ok(!option.disabled, `The option “${value}” is disabled.`);
      }
      fireEvent.change(control, { target: { value } });
    }
  );
}
