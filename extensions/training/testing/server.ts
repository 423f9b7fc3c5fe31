/** The notebook's server as the extension sees it: the only thing replaced in tests. */
import { ServerConnection } from '@jupyterlab/services';
import type { IJob, IJobEvent } from '@mofang/shared';

import { defaults, environments } from '../src/model/testDefaults';

const ROOT = 'http://localhost/mofang/training/api/';

export interface ISent {
  method: string;
  /** Below the extension's root. */
  path: string;
  query: URLSearchParams;
  body: unknown;
  signal: AbortSignal;
}

type Answer = (sent: ISent) => unknown;

/** A refusal in the service's form. */
export function refusal(
  status: number,
  message: string,
  fields: Record<string, string> = {}
): Response {
  return Response.json({ error: 'Refused', message, fields }, { status });
}

/** Answers requests with `jobs`, or as a test says with `answer`. */
export class FakeServer {
  readonly sent: ISent[] = [];
  readonly settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    wsUrl: 'ws://localhost/',
    token: '',
    Request,
    Headers,
    fetch: input => this._respond(input as Request)
  });

  constructor(public jobs: IJob[] = []) {}

  /** Replace the answer to a request, named by method and path. */
  answer(name: string, answer: Answer): void {
    this._answers.set(name, answer);
  }

  /** Send an event to everybody who watches. */
  emit(event: IJobEvent): void {
    const data = new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`);
    this._watchers.forEach(each => each.enqueue(data));
  }

  /** Requests by method and path, oldest first. */
  sentTo(name: string): ISent[] {
    return this.sent.filter(({ method, path }) => `${method} ${path}` === name);
  }

  private async _respond(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = await request.text();
    const sent: ISent = {
      method: request.method,
      path: (url.origin + url.pathname).slice(ROOT.length),
      query: url.searchParams,
      body: text ? JSON.parse(text) : null,
      signal: request.signal
    };
    this.sent.push(sent);
    const name = `${sent.method} ${sent.path}`;
    const answer = await (this._answers.get(name) ?? this._usual(name))(sent);
    return answer instanceof Response ? answer : Response.json(answer);
  }

  private _usual(name: string): Answer {
    const [, id = '', part = ''] =
      name.match(/ jobs\/([^/]+)(?:\/(.+))?$/) ?? [];
    const usual: Record<string, Answer> = {
      'GET defaults': () => defaults,
      'GET environments': () => environments,
      'GET jobs': ({ query }) => this._page(query),
      [`GET jobs/${id}`]: () =>
        this.jobs.find(job => job.id === id) ??
        refusal(404, `There is no job “${id}”.`),
      'GET jobs/watch': ({ signal }) => this._watch(signal),
      [`GET jobs/${id}/result`]: () => ({}),
      [`GET jobs/${id}/metrics`]: () => ({ replicas: [] })
    };
    return (
      usual[name] ??
      (() => refusal(404, `Nothing answers ${name} ${part}`.trim()))
    );
  }

  private _page(query: URLSearchParams): object {
    const wanted = (name: string, value: string) =>
      !query.has(name) || query.getAll(name).includes(value);
    const found = this.jobs.filter(
      ({ id, owner, state, spec }) =>
        wanted('state', state) &&
        wanted('owner', owner) &&
        wanted('framework', spec.framework) &&
        [id, spec.name].some(text => text.includes(query.get('search') ?? ''))
    );
    const start = found.findIndex(job => job.id === query.get('after')) + 1;
    const end = start + Number(query.get('limit'));
    return {
      jobs: found.slice(start, end),
      next: end < found.length ? found[end - 1].id : null,
      total: start === 0 ? found.length : null
    };
  }

  /** Events until the request is given up, as a page does that is left. */
  private _watch(signal: AbortSignal): Response {
    const body = new ReadableStream<Uint8Array>({
      start: watcher => {
        this._watchers.add(watcher);
        signal.addEventListener('abort', () => {
          this._watchers.delete(watcher);
          watcher.error(signal.reason);
        });
      }
    });
    return new Response(body);
  }

  private _answers = new Map<string, Answer>();
  private _watchers = new Set<ReadableStreamDefaultController<Uint8Array>>();
}
