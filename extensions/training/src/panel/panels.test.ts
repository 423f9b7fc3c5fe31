import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IJob, IJobSpec, IRestartRecord } from '@mofang/shared';
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';

import { Legend } from '../charts/legend';
import { trans as translate } from '../model/testDefaults';
import type { IDetailProps } from './detailProps';
import { RestartList } from './restarts';
import { JobSummary, Parameters } from './summary';

const trans = translate as unknown as TranslationBundle;

const spec = {
  framework: 'pytorch',
  script: 'train.py',
  command: [],
  arguments: ['--fast', 'a b'],
  working_directory: '/home/jovyan',
  environment: '',
  image: 'pytorch:1',
  resources: { cpu: '1', memory: '2Gi', gpu: 0 },
  hyperparameters: { lr: 0.1 },
  flags: ['amp'],
  inputs: [],
  outputs: [{ name: 'model_url', path: '/global/out' }],
  env: {},
  secrets: { TOKEN: { secret: 'hub', key: 'token' } }
} as unknown as IJobSpec;

const restart = {
  attempt: 1,
  at: '2026-11-01T10:00:00Z',
  replica: 'worker-1',
  node: 'gpu-1',
  cause: 'The node was lost.',
  node_excluded: true,
  platform_failure: true
} as IRestartRecord;

function props(job: Partial<IJob>, openTensorBoard: unknown = null) {
  const whole = {
    id: 'train-abc123',
    owner: 'ada',
    workload_kind: 'PyTorchJob',
    created: '2026-11-01T10:00:00Z',
    started: null,
    finished: null,
    restarts: [],
    cache_bytes: { worker: 4.5 * 2 ** 30 },
    spec,
    ...job
  };
  const model = { actions: { openTensorBoard } };
  return { job: whole, model, trans } as unknown as IDetailProps;
}

/** The texts of what a component draws, with `|` between elements. */
function texts(element: React.ReactElement): string {
  return renderToStaticMarkup(element)
    .replace(/(<[^>]*>)+/g, '|')
    .replace(/&quot;|&#x27;/g, "'");
}

test('a job that was never restarted has no section of restarts', () => {
  assert.equal(texts(React.createElement(RestartList, props({}))), '');
});

test('a restart has its attempt, place, cause and consequences', () => {
  const drawn = texts(
    React.createElement(RestartList, props({ restarts: [restart] }))
  );
  assert.match(drawn, /Attempt 1/);
  assert.match(drawn, /worker-1 on gpu-1/);
  assert.match(drawn, /The node was lost\./);
  assert.match(drawn, /Later attempts avoid gpu-1\./);
  assert.match(drawn, /No fault of the script\./);
});

test('the summary has the command as a shell would read it', () => {
  const drawn = texts(React.createElement(JobSummary, props({})));
  assert.match(drawn, /\|Owner\|ada\|/);
  assert.match(drawn, /\|Command\|train\.py --fast 'a b'\|/);
  assert.match(drawn, /\|Framework\|pytorch · PyTorchJob\|/);
  assert.match(drawn, /1 CPU · 2Gi memory · 0 GPU/);
  assert.match(drawn, /\|Usable in \/cache\|worker 4\.5 GiB\|/);
  assert.doesNotMatch(drawn, /Rerun of/);
});

test('parameters offer TensorBoard only where it is installed', () => {
  const without = texts(React.createElement(Parameters, props({})));
  assert.match(without, /\|lr\|0\.1\|amp\|flag\|/);
  assert.match(without, /\|TOKEN\|from secret hub, key token\|/);
  assert.doesNotMatch(without, /TensorBoard/);
  const open = () => undefined;
  assert.match(
    texts(React.createElement(Parameters, props({}, open))),
    /\/global\/out\|TensorBoard\|/
  );
});

test('the legend says of each replica whether it is shown', () => {
  const drawn = renderToStaticMarkup(
    React.createElement(Legend, {
      names: ['worker-0', 'worker-1'],
      hidden: new Set(['worker-1']),
      toggle: () => undefined,
      trans
    })
  );
  assert.match(drawn, /aria-pressed="true" title="Hide worker-0"/);
  assert.match(drawn, /aria-pressed="false" title="Show worker-1"/);
});
