import { TrainingError } from '../request';
import type { IRefusal } from './preview';

/** What the form tells of something that was refused or went wrong. */
export function refusalOf(reason: unknown): IRefusal {
  return {
    problem: reason instanceof Error ? reason.message : String(reason),
    fields: reason instanceof TrainingError ? reason.fields : {}
  };
}
