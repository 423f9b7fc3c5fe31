/** What JupyterLab's own documents do with the answers of this extension's server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import '@mofang/shared/testing/dom';
import { screen } from '@testing-library/dom';
import { Context, TextModelFactory } from '@jupyterlab/docregistry';
import {
  ContentsManager,
  ServerConnection,
  type ServiceManager
} from '@jupyterlab/services';

const MESSAGE =
  'The storage has not answered since 12:00:00 UTC. What was saved is kept. ' +
  'Leave the page open, and try again when the storage is back.';

/** The notebook server's files: one, which it has or refuses. */
class Server {
  isAway = false;
  content = 'as it was saved';

  readonly fetch = async (
    request: RequestInfo | URL,
    init?: RequestInit
  ): Promise<Response> => {
    const asked = new Request(request, init);
    if (this.isAway) {
      const refusal = JSON.stringify({ message: MESSAGE, reason: null });
      return new Response(refusal, { status: 503 });
    }
    if (asked.url.includes('/checkpoints')) {
      const kept = { id: 'checkpoint', last_modified: '2026-11-30T12:00:00Z' };
      return new Response(JSON.stringify([kept]));
    }
    if (asked.method === 'PUT') {
      this.content = ((await asked.json()) as { content: string }).content;
    }
    const hasContent =
      asked.method === 'GET' && !asked.url.includes('content=0');
    return new Response(
      JSON.stringify({
        name: 'a.txt',
        path: 'a.txt',
        type: 'file',
        writable: true,
        created: '2026-11-30T12:00:00Z',
        last_modified: '2026-11-30T12:00:00Z',
        mimetype: 'text/plain',
        content: hasContent ? this.content : null,
        format: hasContent ? 'text' : null
      })
    );
  };
}

test('what could not be saved stays unsaved, and is saved later', async () => {
  const server = new Server();
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: server.fetch
  });
  const contents = new ContentsManager({ serverSettings });
  const manager = {
    contents,
    serverSettings,
    ready: Promise.resolve(),
    // The document has no kernel.
    sessions: {
      ready: Promise.resolve(),
      refreshRunning: () => Promise.resolve(),
      running: () => [].values()
    }
  } as unknown as ServiceManager.IManager;
  const context = new Context({
    manager,
    factory: new TextModelFactory(),
    path: 'a.txt'
  });
  const states: string[] = [];
  context.saveState.connect((_, state) => states.push(state));
  try {
    await context.initialize(false);
    const { sharedModel } = context.model;
    sharedModel.updateSource(0, server.content.length, 'written since');
    assert.ok(context.model.dirty);

    server.isAway = true;
    await assert.rejects(context.save(), /has not answered since 12:00:00/);
    assert.ok(await screen.findByText(MESSAGE));
    assert.ok(context.model.dirty);
    assert.equal(server.content, 'as it was saved');

    server.isAway = false;
    await context.save();
    assert.ok(!context.model.dirty);
    assert.equal(server.content, 'written since');
    assert.deepEqual(states.slice(0, 2), ['started', 'failed']);
    assert.equal(states.at(-1), 'completed');
  } finally {
    context.dispose();
    contents.dispose();
  }
});
