import { IFrame } from '@jupyterlab/ui-components';

/** The page of a running TensorBoard. */
export class TensorBoardFrame extends IFrame {
  /**
   * @param address - Address of its page, without a query.
   * @param isDark - Whether it shows itself dark; it does not see JupyterLab's theme.
   * @param title - What a screen reader calls it.
   */
  constructor(
    readonly address: string,
    isDark: boolean,
    title: string
  ) {
    super({
      // Its own scripts and requests, images to save, links to its documentation;
      // it cannot lead JupyterLab's window elsewhere.
      sandbox: [
        'allow-scripts',
        'allow-same-origin',
        'allow-forms',
        'allow-popups',
        'allow-downloads'
      ],
      referrerPolicy: 'same-origin'
    });
    this.addClass('mf-TensorBoardFrame');
    this._frame.title = title;
    this._frame.addEventListener('load', () =>
      this.node.setAttribute('aria-busy', 'false')
    );
    this.node.setAttribute('aria-busy', 'true');
    this.url = themed(address, isDark);
  }

  /** Load the page again, where the person is in it. */
  reload(): void {
    this._window?.location.reload();
  }

  /** Follow JupyterLab's theme; what is open in it stays open. */
  setDark(isDark: boolean): void {
    const here = this._window?.location.href ?? 'about:blank';
    const url = here.startsWith('http') ? here : this.address;
    this._window?.location.replace(themed(url, isDark));
  }

  focus(): void {
    this._frame.focus();
  }

  private get _frame(): HTMLIFrameElement {
    return this.node.querySelector('iframe')!;
  }

  private get _window(): Window | null {
    return this._frame.contentWindow;
  }
}

/** Return an address that asks for a light or a dark page. */
export function themed(address: string, isDark: boolean): string {
  const url = new URL(address);
  url.searchParams.set('darkMode', String(isDark));
  return url.href;
}
