import { ServerConnection, type Contents } from '@jupyterlab/services';

import type { ITranslate } from '../model/jobForm';
import { MARK } from '../model/notebookScript';

/** Refuse to replace a file of the person's own, or one that could not be read. */
export async function checkReplaceable(
  contents: Pick<Contents.IManager, 'get'>,
  path: string,
  trans: ITranslate
): Promise<void> {
  let there: Contents.IModel;
  try {
    const request = { type: 'file', format: 'text', content: true } as const;
    there = await contents.get(path, request);
  } catch (reason) {
    if (isAbsence(reason)) {
      return;
    }
    throw new Error(
      trans.__(
        '%1 could not be read, so it was not replaced (%2). Try again, or rename the file if it is your own.',
        path,
        reason instanceof Error ? reason.message : String(reason)
      )
    );
  }
  if (!String(there.content).startsWith(MARK)) {
    throw new Error(
      trans.__(
        '%1 is there already and was not made from the notebook. Rename it, or choose it as the script.',
        path
      )
    );
  }
}

/** Whether the server said that there is no such file; no other failure says so. */
function isAbsence(reason: unknown): boolean {
  return (
    reason instanceof ServerConnection.ResponseError &&
    reason.response.status === 404
  );
}
