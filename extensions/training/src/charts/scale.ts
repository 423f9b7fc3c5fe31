import { scaleLinear } from 'd3-scale';
import * as React from 'react';

const HEIGHT = 190;
/** Margins for the axis labels, in pixels. */
const MARGIN = { left: 74, right: 14, top: 10, bottom: 24 };

/** Maps times and values to pixels. */
export interface IScale {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: (time: number) => number;
  y: (value: number) => number;
  timeAt: (x: number) => number;
}

export function scaleOf(
  width: number,
  [from, to]: [number, number],
  highest: number
): IScale {
  const { left, top } = MARGIN;
  const right = Math.max(left + 40, width - MARGIN.right);
  const bottom = HEIGHT - MARGIN.bottom;
  const x = scaleLinear([from, to], [left, right]);
  const y = scaleLinear([0, highest], [bottom, top]);
  const inverse = scaleLinear([left, right], [from, to]).clamp(true);
  return {
    width,
    height: HEIGHT,
    left,
    right,
    top,
    bottom,
    x,
    y,
    timeAt: inverse
  };
}

/** An element's width in pixels, as it changes. */
export function useWidth(): [React.RefObject<HTMLElement>, number] {
  const box = React.useRef<HTMLElement>(null);
  const [width, setWidth] = React.useState(480);
  React.useLayoutEffect(() => {
    const sizes = new ResizeObserver(([entry]) => {
      // A hidden tab has no width; it keeps the one that it had.
      if (entry.contentRect.width > 0) {
        setWidth(Math.floor(entry.contentRect.width));
      }
    });
    sizes.observe(box.current!);
    return () => sizes.disconnect();
  }, []);
  return [box, width];
}
