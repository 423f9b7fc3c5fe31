import { ServiceError } from '@mofang/shared';

import type { IRefusal } from './preview';

/** Convert an error of a request to what the form shows. */
export function refusalOf(reason: unknown): IRefusal {
  return {
    problem: reason instanceof Error ? reason.message : String(reason),
    fields: reason instanceof ServiceError ? reason.fields : {}
  };
}
