declare module 'react-dom/server' {
  import type { ReactElement } from 'react';

  /** The only function that tests use, which spares the types of a package. */
  export function renderToStaticMarkup(element: ReactElement): string;
}
