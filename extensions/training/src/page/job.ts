import {
  type IJob,
  type IReplica,
  type IRestartRecord,
  isFinal,
  replicaName,
  ServiceError
} from '@mofang/shared';

import { runTime } from '../model/duration';
import { joinShellWords } from '../model/shellWords';
import type { ITrainingJobs } from '../tokens';
import { confirm } from './confirm';
import { byId, element, setOptionalText, setState, setText } from './dom';
import { LogView } from './log';
import { attemptOf, queuePosition } from './messages';

const TICK_MS = 1_000;

/** One job: what it is, how it goes, its logs, and the buttons that end it. */
export class JobView {
  /**
   * @param list Address of the list, where a page goes whose job was deleted.
   */
  constructor(
    private _jobs: ITrainingJobs,
    private _id: string,
    private _list: string
  ) {
    this._log = new LogView(_jobs, _id);
    _jobs.changed.connect(() => this._render());
    this._cancel.addEventListener('click', () => void this._askToCancel());
    this._delete.addEventListener('click', () => void this._askToDelete());
    byId('mofang-retry').addEventListener('click', () => {
      void this._open();
      this._jobs.reconnect();
    });
    this._ticking = setInterval(() => this._tick(), TICK_MS);
    void this._open();
  }

  dispose(): void {
    clearInterval(this._ticking);
    this._log.dispose();
  }

  private async _open(): Promise<void> {
    this._problem = null;
    try {
      await this._jobs.open(this._id);
    } catch (reason) {
      this._problem = messageOf(reason);
      this._isMissing = reason instanceof ServiceError && reason.status === 404;
    }
    this._render();
  }

  private _render(): void {
    const job = this._jobs.find(this._id);
    const isLost = this._jobs.connectionStatus === 'lost';
    let problem = job ? null : this._problem;
    if (!job && this._wasThere) {
      problem = 'This job was deleted. Go back to the list of jobs.';
    } else if (isLost && !this._isMissing) {
      problem = this._jobs.problem ?? 'The connection was lost. Trying again…';
    }
    setText(byId('mofang-problem-text'), problem ?? '');
    byId('mofang-problem').hidden = problem === null;
    byId('mofang-retry').hidden = !job && (this._wasThere || this._isMissing);
    byId('mofang-loading').hidden = job !== undefined || problem !== null;
    byId('mofang-job').hidden = job === undefined;
    if (job) {
      this._wasThere = true;
      this._show(job);
    }
  }

  private _show(job: IJob): void {
    document.title = `${job.spec.name}: ${job.state} · Mofang`;
    setText(byId('mofang-name'), job.spec.name);
    setState(byId('mofang-job-state'), job.state);
    setOptionalText(byId('mofang-attempt'), attemptOf(job));
    setOptionalText(byId('mofang-queue'), queuePosition(job));
    setOptionalText(byId('mofang-reason'), job.reason);
    setOptionalText(byId('mofang-alert'), job.alert);
    this._cancel.hidden = isFinal(job.state);
    this._cancel.disabled = this._isBusy || job.state === 'Cancelling';
    this._delete.hidden = !isFinal(job.state);
    this._delete.disabled = this._isBusy;
    fill(byId('mofang-replicas'), job.replicas, each => this._replica(each));
    fill(byId('mofang-restarts'), [...job.restarts].reverse(), restart);
    byId('mofang-restarts-section').hidden = job.restarts.length === 0;
    byId('mofang-replicas-section').hidden = job.replicas.length === 0;
    fill(byId('mofang-facts'), factsOf(job), ([name, value]) => {
      const row = element('div');
      row.append(element('dt', '', name), element('dd', '', value));
      return row;
    });
    this._log.update(job.replicas);
    this._tick();
  }

  private _tick(): void {
    const job = this._jobs.find(this._id);
    if (job) {
      setText(
        byId('mofang-duration'),
        runTime(job, Date.now()) ?? 'not started yet'
      );
    }
  }

  private _replica(replica: IReplica): HTMLElement {
    const name = replicaName(replica);
    const node = element('li', 'mofang-replica');
    const state = element('span', 'mofang-state');
    setState(state, replica.state);
    const button = element('button', 'btn btn-sm btn-outline-secondary', 'Log');
    button.type = 'button';
    button.setAttribute('aria-label', `Log of ${name}`);
    button.addEventListener('click', () => this._log.show(name));
    const about = [
      replica.node ?? (replica.state === 'Pending' ? 'no node yet' : ''),
      replica.exit_code === null ? '' : `exit code ${replica.exit_code}`
    ];
    node.append(
      element('strong', '', name),
      state,
      element('span', 'mofang-quiet', about.filter(Boolean).join(' · ')),
      button
    );
    if (replica.reason) {
      node.append(element('p', '', replica.reason));
    }
    return node;
  }

  private async _askToCancel(): Promise<void> {
    const name = this._jobs.find(this._id)?.spec.name ?? this._id;
    const isSure = await confirm({
      title: `Cancel “${name}”?`,
      body: 'Its containers will be stopped. Logs and output files are kept.',
      accept: 'Cancel the job',
      dismiss: 'Keep running'
    });
    if (isSure) {
      await this._run(() => this._jobs.cancel(this._id));
    }
  }

  private async _askToDelete(): Promise<void> {
    const name = this._jobs.find(this._id)?.spec.name ?? this._id;
    const isSure = await confirm({
      title: `Delete “${name}”?`,
      body: 'The job and its logs are removed for good. Files it wrote stay.',
      accept: 'Delete',
      dismiss: 'Keep'
    });
    if (isSure) {
      await this._run(async () => {
        await this._jobs.remove(this._id);
        window.location.assign(this._list);
      });
    }
  }

  private async _run(work: () => Promise<void>): Promise<void> {
    this._isBusy = true;
    setOptionalText(byId('mofang-refusal'), null);
    this._render();
    try {
      await work();
    } catch (reason) {
      setOptionalText(byId('mofang-refusal'), messageOf(reason));
    } finally {
      this._isBusy = false;
      this._render();
    }
  }

  private _cancel = byId<HTMLButtonElement>('mofang-cancel');
  private _delete = byId<HTMLButtonElement>('mofang-delete');
  private _isBusy = false;
  private _isMissing = false;
  private _log: LogView;
  private _problem: string | null = null;
  private _ticking: ReturnType<typeof setInterval>;
  private _wasThere = false;
}

/** What does not change while a job lives. */
function factsOf(job: IJob): [string, string][] {
  const { spec } = job;
  const { cpu, memory, gpu } = spec.resources;
  const program = spec.command.length
    ? joinShellWords(spec.command)
    : spec.script;
  const facts: [string, string | null][] = [
    ['Owner', job.owner],
    ['Submitted', new Date(job.created).toLocaleString()],
    ['Framework', `${spec.framework} · ${job.workload_kind}`],
    ['Command', `${program} ${joinShellWords(spec.arguments)}`.trim()],
    ['Directory', spec.working_directory],
    ['Environment', spec.environment],
    ['Image', spec.image],
    ['Per replica', `${cpu} CPU · ${memory} memory · ${gpu} GPU`],
    ['Id', job.id]
  ];
  return facts.filter((each): each is [string, string] => Boolean(each[1]));
}

function restart(each: IRestartRecord): HTMLElement {
  const where = [each.replica, each.node && `on ${each.node}`]
    .filter(Boolean)
    .join(' ');
  const when = new Date(each.at).toLocaleString();
  const node = element('li');
  node.append(
    element(
      'div',
      'mofang-quiet',
      [`Attempt ${each.attempt}`, when, where].filter(Boolean).join(' · ')
    ),
    element('div', '', each.cause)
  );
  return node;
}

/** Put what has changed into a list; what has not keeps its elements and the focus. */
function fill<T>(
  list: HTMLElement,
  items: readonly T[],
  build: (item: T) => HTMLElement
): void {
  items.forEach((item, at) => {
    const text = JSON.stringify(item);
    const node = list.children[at] as HTMLElement | undefined;
    if (node?.dataset.item === text) {
      return;
    }
    const built = build(item);
    built.dataset.item = text;
    if (!node) {
      list.append(built);
      return;
    }
    const hadFocus = node.contains(document.activeElement);
    node.replaceWith(built);
    if (hadFocus) {
      built.querySelector<HTMLElement>('button')?.focus();
    }
  });
  while (list.childElementCount > items.length) {
    list.lastElementChild!.remove();
  }
}

function messageOf(reason: unknown): string {
  if (reason instanceof ServiceError) {
    return reason.message;
  }
  console.warn('The hub could not be asked:', reason);
  return 'The hub does not answer. Try again in a minute.';
}
