import { EventSourceParserStream } from 'eventsource-parser/stream';

/**
 * The data of the server-sent events of a response, each as it arrives.
 *
 * @param silence Milliseconds without any bytes, comments included, after which the
 *   stream is considered dead and ended.
 */
export async function* eventData(
  body: ReadableStream<Uint8Array>,
  silence: number
): AsyncGenerator<string> {
  const reader = watched(body, silence)
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield value.data;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The same bytes; ends when none come for so long. */
function watched(
  body: ReadableStream<Uint8Array>,
  silence: number
): ReadableStream<BufferSource> {
  const reader = body.getReader();
  return new ReadableStream<BufferSource>({
    async pull(controller) {
      const timer = setTimeout(() => void reader.cancel(), silence);
      try {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
        } else {
          controller.enqueue(value as BufferSource);
        }
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: reason => reader.cancel(reason)
  });
}
