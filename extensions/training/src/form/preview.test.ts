import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { emptyForm } from '../model/jobForm';
import { specOf } from '../model/jobSpec';
import { defaults } from '../model/testDefaults';
import type { IJobSpec, IPreview } from '../model/wire';
import { Previews } from './preview';

function spec(name: string): IJobSpec {
  return specOf({ ...emptyForm(), name }, defaults);
}

function preview(engine: string): IPreview {
  return { manifest: '', engine, cost: [], notes: [], fields: {} };
}

/** A service whose answers wait until they are let go, by the job's name. */
function service() {
  const asked: string[] = [];
  const answers = new Map<string, PromiseWithResolvers<IPreview>>();
  let changes = 0;
  const previews = new Previews(
    ({ name }) => {
      asked.push(name);
      const answer = Promise.withResolvers<IPreview>();
      answers.set(name, answer);
      return answer.promise;
    },
    () => {
      changes += 1;
    }
  );
  return { previews, asked, answers, changes: () => changes };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await Promise.resolve();
  }
}
