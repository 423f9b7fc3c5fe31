import * as React from 'react';

interface IFocusKeeperProps {
  /** The element that holds the children. */
  container: () => HTMLElement | null;
  /** Selectors of what to focus next, by preference; else the container itself. */
  fallbacks: readonly string[];
  children: React.ReactNode;
}

/**
 * Keeps the focus inside a container when the focused control is removed; otherwise
 * keyboard navigation would restart at the top of the page. A class component, because
 * only those have `getSnapshotBeforeUpdate`.
 */
export class FocusKeeper extends React.Component<IFocusKeeperProps> {
  override getSnapshotBeforeUpdate(): boolean {
    const focused = document.activeElement;
    return Boolean(focused && this.props.container()?.contains(focused));
  }

  override componentDidUpdate(
    _props: IFocusKeeperProps,
    _state: unknown,
    hadFocus: boolean
  ): void {
    const { container, fallbacks } = this.props;
    if (hadFocus && document.activeElement === document.body) {
      const element = container();
      const next = fallbacks.flatMap(
        each => element?.querySelector<HTMLElement>(each) ?? []
      );
      (next[0] ?? element)?.focus();
    }
  }

  override render(): React.ReactNode {
    return this.props.children;
  }
}
