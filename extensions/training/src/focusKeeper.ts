import * as React from 'react';

interface IFocusKeeperProps {
  /** The part of the page that is drawn by the children. */
  container: () => HTMLElement | null;
  /** What has the focus next: the first that is there; else the part itself. */
  fallbacks: readonly string[];
  children: React.ReactNode;
}

/**
 * Keeps the focus in a part of the page when the control that has it goes away, for a
 * keyboard starts from the top of the page otherwise.
 *
 * A class, as only classes are asked before React changes the page.
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
