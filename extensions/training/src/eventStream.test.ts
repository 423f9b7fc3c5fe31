import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';

import { eventData } from './eventStream';

/** A response's body that arrives in such pieces, and then ends or falls silent. */
function body(pieces: readonly Uint8Array[], ends = true) {
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      pieces.forEach(piece => controller.enqueue(piece));
      if (ends) {
        controller.close();
      }
    },
    cancel() {
      cancelled = true;
    }
  });
  return { stream, isCancelled: () => cancelled };
}

function cut(text: string, size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.slice(at * size, (at + 1) * size)
  );
}

async function read(
  stream: ReadableStream<Uint8Array>,
  silence = 5_000
): Promise<string[]> {
  const found: string[] = [];
  for await (const data of eventData(stream, silence)) {
    found.push(data);
  }
  return found;
}

test('events come out whole, however their bytes were cut', async () => {
  const text = 'event: job\ndata: {"a": "é"}\n\n: still here\n\ndata: 2\n\n';
  for (let size = 1; size < text.length; size++) {
    const { stream } = body(cut(text, size));
    assert.deepEqual(await read(stream), ['{"a": "é"}', '2']);
  }
});

test('data of several lines is one event', async () => {
  const { stream } = body(cut('data: a\r\ndata: b\r\n\r\n', 3));
  assert.deepEqual(await read(stream), ['a\nb']);
});

test('a silent stream ends, and its connection with it', async () => {
  const { stream, isCancelled } = body(cut('data: 1\n\n', 4), false);
  assert.deepEqual(await read(stream, 20), ['1']);
  assert.ok(isCancelled());
});

test('whoever stops reading ends the connection', async () => {
  const { stream, isCancelled } = body(cut('data: 1\n\ndata: 2\n\n', 4), false);
  for await (const data of eventData(stream, 5_000)) {
    assert.equal(data, '1');
    break;
  }
  // Streams pass it on to each other.
  await setImmediate();
  assert.ok(isCancelled());
});
