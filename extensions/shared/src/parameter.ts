import type { ExactNumber } from './exactJson';

/** Value of a hyper-parameter; numbers are kept as they were written. */
export type Parameter = string | ExactNumber | boolean;
