import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  IDLE_MILLISECONDS,
  type IInstance,
  type ITensorBoards,
  TensorBoardModel
} from './model';

/** A server in the hands of a test. */
class Boards implements ITensorBoards {
  starts = 0;
  running = new Set<string>();
  problem: Error | null = null;
  filled = true;

  async open(): Promise<IInstance> {
    if (this.problem) {
      throw this.problem;
    }
    this.starts += 1;
    const id = `board-${this.starts}`;
    this.running.add(id);
    return { id, url: `/${id}/`, logdir: '/runs', logdirs: {}, started: '' };
  }

  async isRunning(id: string): Promise<boolean> {
    if (this.problem) {
      throw this.problem;
    }
    return this.running.has(id);
  }

  async hasData(): Promise<boolean> {
    return this.filled;
  }

  async stop(id: string): Promise<void> {
    if (this.problem) {
      throw this.problem;
    }
    this.running.delete(id);
  }
}

function stage() {
  const boards = new Boards();
  const kinds: string[] = [];
  const clock = { now: 0 };
  const model: TensorBoardModel = new TensorBoardModel(
    { logdir: '/runs' },
    boards,
    () => kinds.push(model.state.kind),
    () => clock.now
  );
  return { boards, kinds, clock, model };
}

test('nothing is started for a tab that nobody looks at', async () => {
  const { boards, model } = stage();
  assert.equal(model.state.kind, 'waiting');
  assert.equal(boards.starts, 0);
  await model.refresh();
  assert.equal(model.state.kind, 'running');
  assert.equal(boards.starts, 1);
});

test('a start that fails says why and can be tried again', async () => {
  const { boards, kinds, model } = stage();
  boards.problem = new Error('There is no directory /runs.');
  await model.refresh();
  assert.deepEqual(model.state, {
    kind: 'failed',
    message: 'There is no directory /runs.'
  });
  await model.refresh();
  assert.deepEqual(
    kinds,
    ['starting', 'failed'],
    'looking alone tries nothing'
  );
  boards.problem = null;
  await model.open();
  assert.deepEqual(kinds.slice(2), ['starting', 'running']);
});

test('it is started once, however often it is asked for', async () => {
  const { boards, model } = stage();
  await Promise.all([model.open(), model.open(), model.refresh()]);
  await model.open();
  assert.equal(boards.starts, 1);
});

test('one that was culled while the tab was away comes back', async () => {
  const { boards, clock, kinds, model } = stage();
  await model.open();
  boards.running.clear();
  clock.now += IDLE_MILLISECONDS + 1;
  await model.refresh();
  assert.equal(model.state.kind, 'running');
  assert.equal(boards.starts, 2);
  assert.deepEqual(kinds.slice(2), ['ended', 'starting', 'running']);
});

test('one that ends under the eyes of a person stays ended', async () => {
  const { boards, clock, model } = stage();
  await model.open();
  clock.now += IDLE_MILLISECONDS;
  await model.refresh();
  boards.running.clear();
  clock.now += 60_000;
  await model.refresh();
  assert.deepEqual(model.state, { kind: 'ended', byPerson: false });
  assert.equal(boards.starts, 1);
});

test('a server that does not answer ends nothing', async () => {
  const { boards, model } = stage();
  await model.open();
  boards.problem = new Error('away');
  await model.refresh();
  assert.equal(model.state.kind, 'running');
});

test('the first data of a job that has just begun is told once', async () => {
  const { boards, kinds, model } = stage();
  boards.filled = false;
  await model.open();
  await model.refresh();
  assert.deepEqual(kinds, ['starting', 'running']);
  boards.filled = true;
  await model.refresh();
  await model.refresh();
  assert.deepEqual(kinds, ['starting', 'running', 'running']);
  assert.equal(model.state.kind === 'running' && model.state.hasData, true);
});

test('a person stops it, and starts it again', async () => {
  const { boards, kinds, model } = stage();
  await model.open();
  await model.stop();
  assert.deepEqual(model.state, { kind: 'ended', byPerson: true });
  assert.equal(boards.running.size, 0);
  await model.refresh();
  assert.equal(boards.starts, 1, 'looking alone starts nothing');
  await model.open();
  assert.deepEqual(kinds.slice(2), [
    'stopping',
    'ended',
    'starting',
    'running'
  ]);
});

test('a stop that fails is told', async () => {
  const { boards, model } = stage();
  await model.open();
  boards.problem = new Error('The server is away.');
  await model.stop();
  assert.deepEqual(model.state, {
    kind: 'failed',
    message: 'The server is away.'
  });
});
