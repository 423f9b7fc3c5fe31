/** The element of the page's template with that id. */
export function byId<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) {
    throw new Error(`The page has no element ${id}.`);
  }
  return found as T;
}

/** An element with text; whatever people wrote is text, and never markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  text = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** Change the text where it is another: screen readers read what was changed. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/** Show the text, or nothing where there is none. */
export function setOptionalText(node: HTMLElement, text: string | null): void {
  setText(node, text ?? '');
  node.hidden = !text;
}

export function setState(node: HTMLElement, state: string): void {
  setText(node, state);
  node.dataset.state = state;
}
