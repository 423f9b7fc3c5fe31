import { type IJob, type JobState } from '@mofang/shared';

import {
  ACTIVE,
  EVERYTHING,
  type IJobFilter,
  isEmpty
} from '../model/jobFilter';
import { JobListing } from '../panel/listing';
import type { ITrainingJobs } from '../tokens';
import { byId, element, setOptionalText, setState, setText } from './dom';
import { attemptOf, elapsed, queuePosition, sizeOf } from './messages';

/** Debounce interval of the search. */
const PAUSE_MS = 200;
/** How often the times in the rows are written anew. */
const TICK_MS = 5_000;

/** The list of a project's jobs; the address has its filter, so that it can be shared. */
export class ListView {
  constructor(
    private _jobs: ITrainingJobs,
    private _user: string,
    private _addressOf: (id: string) => string
  ) {
    this._listing = new JobListing(_jobs);
    this._readAddress();
    this._listing.changed.connect(() => this._render());
    _jobs.changed.connect(() => this._render());
    this._search.addEventListener('input', () => {
      clearTimeout(this._typing);
      this._typing = setTimeout(() => this._filter(), PAUSE_MS);
    });
    for (const each of [this._state, this._framework, this._mine]) {
      each.addEventListener('change', () => this._filter());
    }
    byId('mofang-filter').addEventListener('submit', event => {
      event.preventDefault();
      this._filter();
    });
    this._clear.addEventListener('click', () => {
      this._show(EVERYTHING);
      this._filter();
      this._search.focus();
    });
    this._more.addEventListener('click', () => this._listing.loadMore());
    byId('mofang-retry').addEventListener('click', () => {
      this._listing.reload();
      this._jobs.reconnect();
    });
    this._ticking = setInterval(() => this._tick(), TICK_MS);
    this._render();
  }

  dispose(): void {
    clearInterval(this._ticking);
    clearTimeout(this._typing);
    this._listing.dispose();
  }

  private _readAddress(): void {
    const query = new URLSearchParams(window.location.search);
    const state = query.get('state') ?? '';
    const options = [...this._state.options].map(each => each.value);
    this._show({
      states: options.includes(state) ? statesOf(state) : [],
      framework: query.get('framework') ?? '',
      search: query.get('search') ?? '',
      owner: query.has('mine') ? this._user : ''
    });
    if (!isEmpty(this._wanted())) {
      this._filter();
    }
  }

  /** Write a filter into the form. */
  private _show(filter: IJobFilter): void {
    const { states } = filter;
    this._state.value = states.length > 1 ? 'active' : (states[0] ?? '');
    this._framework.value = filter.framework;
    this._search.value = filter.search;
    this._mine.checked = filter.owner !== '';
    if (this._framework.selectedIndex < 0) {
      this._framework.value = '';
    }
  }

  /** The filter that the form says. */
  private _wanted(): IJobFilter {
    return {
      states: statesOf(this._state.value),
      framework: this._framework.value,
      search: this._search.value.trim(),
      owner: this._mine.checked ? this._user : ''
    };
  }

  private _filter(): void {
    const { framework, search, owner } = this._wanted();
    const query = new URLSearchParams();
    const named = { state: this._state.value, framework, search };
    for (const [name, value] of Object.entries(named)) {
      if (value) {
        query.set(name, value);
      }
    }
    if (owner) {
      query.set('mine', '');
    }
    const { pathname } = window.location;
    const text = query.size > 0 ? `${pathname}?${query}` : pathname;
    window.history.replaceState(null, '', text);
    this._listing.filterBy(this._wanted());
  }

  private _render(): void {
    const { list, isReady, filter } = this._listing;
    this._clear.hidden = isEmpty(filter);
    this._list.setAttribute('aria-busy', String(!isReady));
    this._showRows(isReady ? list.jobs : []);
    this._more.hidden = !isReady || list.next === null;
    this._more.disabled = this._listing.isBusy;
    this._showProblem();
    const jobs = list.total === 1 ? 'job' : 'jobs';
    setText(this._count, isReady ? `${list.total} ${jobs}` : 'Loading jobs…');
    this._count.hidden = !isReady && this._listing.problem !== null;
    const isNothing = isReady && list.jobs.length === 0;
    this._none.hidden = !(isNothing && isEmpty(filter));
    this._noMatch.hidden = !(isNothing && !isEmpty(filter));
  }

  private _showRows(jobs: readonly IJob[]): void {
    const kept = new Set(jobs.map(job => job.id));
    for (const [id, row] of this._rows) {
      if (!kept.has(id)) {
        row.node.remove();
        this._rows.delete(id);
      }
    }
    jobs.forEach((job, at) => {
      let row = this._rows.get(job.id);
      if (!row) {
        row = new Row(this._addressOf(job.id));
        this._rows.set(job.id, row);
      }
      row.update(job, Date.now());
      if (this._list.children[at] !== row.node) {
        this._list.insertBefore(row.node, this._list.children[at] ?? null);
      }
    });
  }

  private _showProblem(): void {
    const isLost = this._jobs.connectionStatus === 'lost';
    const problem =
      this._listing.problem ??
      (isLost
        ? (this._jobs.problem ?? 'The connection was lost. Trying again…')
        : null);
    setText(byId('mofang-problem-text'), problem ?? '');
    byId('mofang-problem').hidden = problem === null;
  }

  private _tick(): void {
    this._listing.list.jobs.forEach(job =>
      this._rows.get(job.id)?.update(job, Date.now())
    );
  }

  private _clear = byId<HTMLButtonElement>('mofang-clear');
  private _count = byId('mofang-count');
  private _framework = byId<HTMLSelectElement>('mofang-framework');
  private _list = byId('mofang-list');
  private _listing: JobListing;
  private _mine = byId<HTMLInputElement>('mofang-mine');
  private _more = byId<HTMLButtonElement>('mofang-more');
  private _noMatch = byId('mofang-no-match');
  private _none = byId('mofang-none');
  private _rows = new Map<string, Row>();
  private _search = byId<HTMLInputElement>('mofang-search');
  private _state = byId<HTMLSelectElement>('mofang-state');
  private _ticking: ReturnType<typeof setInterval>;
  private _typing: ReturnType<typeof setTimeout> | undefined;
}

function statesOf(value: string): readonly JobState[] {
  return value === 'active' ? ACTIVE : value ? [value as JobState] : [];
}

/** One job of the list. Its elements stay, so that the focus does. */
class Row {
  constructor(address: string) {
    this._name.href = address;
    const line = element('div', 'mofang-job-line');
    line.append(this._name, this._state, this._attempt, this._queue);
    this.node.append(line, this._about, this._reason, this._alert);
  }

  readonly node = element('li', 'mofang-job');

  update(job: IJob, now: number): void {
    const { spec } = job;
    setText(this._name, spec.name);
    this._name.title = job.id;
    setState(this._state, job.state);
    setOptionalText(this._attempt, attemptOf(job));
    setOptionalText(this._queue, queuePosition(job));
    setText(
      this._about,
      [spec.framework, job.owner, sizeOf(job), elapsed(job, now)].join(' · ')
    );
    setOptionalText(this._reason, job.state === 'Running' ? null : job.reason);
    setOptionalText(this._alert, job.alert);
  }

  private _about = element('div', 'mofang-quiet');
  private _alert = element('div', 'mofang-fault');
  private _attempt = element('span', 'mofang-quiet');
  private _name = element('a', 'mofang-job-name');
  private _queue = element('span', 'mofang-quiet');
  private _reason = element('div');
  private _state = element('span', 'mofang-state');
}
