import * as React from 'react';

interface IKeptFocusProps {
  /** The part of the page that is drawn by the children. */
  within: () => HTMLElement | null;
  /** What has the focus next: the first that is there; else the part itself. */
  to: readonly string[];
  children: React.ReactNode;
}

/**
 * Keeps the focus in a part of the page when the control that has it goes away, for a
 * keyboard starts from the top of the page otherwise.
 *
 * A class, as only classes are asked before React changes the page.
 */
export class KeptFocus extends React.Component<IKeptFocusProps> {
  override getSnapshotBeforeUpdate(): boolean {
    const focused = document.activeElement;
    return Boolean(focused && this.props.within()?.contains(focused));
  }

  override componentDidUpdate(
    _props: IKeptFocusProps,
    _state: unknown,
    hadFocus: boolean
  ): void {
    const { within, to } = this.props;
    if (hadFocus && document.activeElement === document.body) {
      const part = within();
      const next = to.flatMap(
        each => part?.querySelector<HTMLElement>(each) ?? []
      );
      (next[0] ?? part)?.focus();
    }
  }

  override render(): React.ReactNode {
    return this.props.children;
  }
}
