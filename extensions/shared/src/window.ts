import * as React from 'react';

/** Rows drawn beyond each edge, so that quick scrolling shows no blank. */
const OVERSCAN = 10;

export interface IWindow {
  /** Height of a row in pixels; the style says it, in units of the font. */
  rowHeight: number;
  first: number;
  /** One after the last row to draw. */
  end: number;
  /** Goes on the element that scrolls. */
  scroller: React.RefObject<HTMLDivElement>;
  /** Goes on an invisible element as high as a row. */
  ruler: React.RefObject<HTMLDivElement>;
  /** Scroll by the minimum that brings a row into view. */
  reveal: (row: number) => void;
}

/**
 * Which of many rows of one height are in view.
 *
 * JupyterLab's WindowedList holds a Lumino widget for each item and measures every
 * one of them. Rows here are equally high and part of React's tree, so that a
 * division finds them and one tree holds them all.
 */
export function useWindow(count: number): IWindow {
  const scroller = React.useRef<HTMLDivElement>(null);
  const ruler = React.useRef<HTMLDivElement>(null);
  const [view, setView] = React.useState({ rowHeight: 64, first: 0, end: 20 });

  React.useLayoutEffect(() => {
    const box = scroller.current!;
    const update = () => {
      const rowHeight = ruler.current!.offsetHeight || 64;
      const top = Math.floor(box.scrollTop / rowHeight);
      const shown = Math.ceil(box.clientHeight / rowHeight);
      // In steps: not every pixel is worth drawing anew.
      const first = Math.max(0, (top >> 2) * 4 - OVERSCAN);
      const end = (top >> 2) * 4 + shown + 4 + OVERSCAN;
      setView(last =>
        last.first === first && last.end === end && last.rowHeight === rowHeight
          ? last
          : { rowHeight, first, end }
      );
    };
    const sizes = new ResizeObserver(update);
    sizes.observe(box);
    sizes.observe(ruler.current!);
    box.addEventListener('scroll', update, { passive: true });
    return () => {
      sizes.disconnect();
      box.removeEventListener('scroll', update);
    };
  }, []);

  const { rowHeight } = view;
  const reveal = React.useCallback(
    (row: number) => {
      const box = scroller.current!;
      const top = row * rowHeight;
      const minTop = top + rowHeight - box.clientHeight;
      box.scrollTop = Math.max(minTop, Math.min(top, box.scrollTop));
    },
    [rowHeight]
  );
  const end = Math.min(count, view.end);
  return { ...view, end, scroller, ruler, reveal };
}
