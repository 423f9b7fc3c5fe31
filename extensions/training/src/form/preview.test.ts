import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { IJobSpec } from '@mofang/shared';

import { emptyForm } from '../model/jobForm';
import { specOf } from '../model/jobSpec';
import { defaults } from '../model/testDefaults';
import type { ICheckedPreview } from '../model/defaults';
import { type IRefusal, PreviewLoader } from './preview';

function spec(name: string): IJobSpec {
  return specOf({ ...emptyForm(), name }, defaults);
}

function preview(engine: string): ICheckedPreview {
  return {
    manifest: '',
    workload_kind: engine,
    cost: [],
    notes: [],
    cache_bytes: {},
    fields: {}
  };
}

/** A service whose responses are released by the test. */
function service() {
  const asked: string[] = [];
  const answer: ((response: ICheckedPreview | IRefusal) => Promise<void>)[] =
    [];
  let changes = 0;
  const previews = new PreviewLoader(
    ({ name }) => {
      asked.push(name);
      return new Promise(resolve =>
        answer.push(async response => {
          resolve(response);
          // The answer is taken in the turn after this.
          await new Promise(setImmediate);
        })
      );
    },
    () => {
      changes += 1;
    }
  );
  return { previews, asked, answer, changes: () => changes };
}

test('only what is there after a pause in typing is asked', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { previews, asked } = service();
  previews.request(spec('a'));
  t.mock.timers.tick(399);
  previews.request(spec('ab'));
  t.mock.timers.tick(399);
  assert.deepEqual(asked, []);
  t.mock.timers.tick(1);
  assert.deepEqual(asked, ['ab']);
  previews.request(spec('ab'));
  t.mock.timers.tick(1000);
  assert.deepEqual(asked, ['ab']);
});

test('the latest answer wins, in whatever order they come', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { previews, answer, changes } = service();
  previews.request(spec('old'));
  t.mock.timers.tick(400);
  previews.request(spec('new'));
  t.mock.timers.tick(400);
  await answer[1](preview('new'));
  await answer[0]({ problem: 'Late.', fields: { name: 'Late.' } });
  assert.equal(previews.preview?.workload_kind, 'new');
  assert.equal(previews.state, 'ready');
  assert.deepEqual(previews.fields, {});
  assert.equal(changes(), 1);
});

test('an answer that comes when nothing is wanted any more is not taken', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { previews, answer, changes } = service();
  previews.request(spec('a'));
  t.mock.timers.tick(400);
  previews.request(null);
  await answer[0](preview('a'));
  assert.equal(previews.state, 'idle');
  assert.equal(previews.preview, null);
  assert.equal(changes(), 0);
});

test('a refusal has its sentences, and may be asked again', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { previews, asked, answer } = service();
  previews.request(spec('a'));
  t.mock.timers.tick(400);
  await answer[0]({ problem: 'No.', fields: { image: 'Unknown.' } });
  assert.equal(previews.state, 'failed');
  assert.deepEqual(previews.fields, { image: 'Unknown.' });
  previews.retry();
  assert.deepEqual(previews.fields, {});
  t.mock.timers.tick(400);
  assert.deepEqual(asked, ['a', 'a']);
  await answer[1](preview('b'));
  assert.equal(previews.preview?.workload_kind, 'b');
});
