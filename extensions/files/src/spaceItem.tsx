import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomModel, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IDirectory, IFiles, IJobUsage, IRoot, ISpace } from './model';
import {
  awayText,
  logPercentOf,
  logsText,
  percentOf,
  rootName,
  sizeText,
  spaceLabel,
  spaceText,
  WARN_PERCENT
} from './space';

const PERIOD_MS = 60_000;
const AWAY_PERIOD_MS = 10_000;
/** The server itself says so within a few seconds, unless it waits for the storage. */
const ANSWER_MS = 20_000;

/** What the roots take, asked for while the page is visible. */
export class SpaceModel extends VDomModel {
  constructor(
    private _files: IFiles,
    private _answerMs = ANSWER_MS
  ) {
    super();
  }

  /** Empty before the first answer, and off the platform. */
  roots: IRoot[] = [];
  /** Since when the storage does not answer, ISO 8601; null if it does. */
  awaySince: string | null = null;
  /** What jobs take; null before it was asked for. */
  jobs: IJobUsage | null = null;

  override dispose(): void {
    clearTimeout(this._timer);
    super.dispose();
  }

  /** Ask now, and from time to time from then on. */
  async refresh(): Promise<void> {
    clearTimeout(this._timer);
    try {
      if (!document.hidden || this.roots.length === 0) {
        const { roots, away_since } = await this._ask();
        this.roots = roots;
        this.awaySince = away_since;
        this.stateChanged.emit();
      }
    } catch (reason) {
      // What was shown is still the best that is known.
      console.warn('What files take could not be read.', reason);
    }
    if (!this.isDisposed) {
      const period = this.awaySince === null ? PERIOD_MS : AWAY_PERIOD_MS;
      this._timer = setTimeout(() => void this.refresh(), period);
    }
  }

  /** Ask what jobs take; what was shown stays where that fails. */
  async refreshJobs(): Promise<void> {
    try {
      this.jobs = await this._files.jobs();
      this.stateChanged.emit();
    } catch (reason) {
      console.warn('What jobs take could not be read.', reason);
    }
  }

  /** What the server says; without a word of it, the storage is taken to be away. */
  private async _ask(): Promise<ISpace> {
    const away_since = this.awaySince ?? new Date().toISOString();
    const asking = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<ISpace>(resolve => {
      timer = setTimeout(
        () => resolve({ roots: this.roots, away_since }),
        this._answerMs
      );
    });
    try {
      return await Promise.race([this._files.space(asking.signal), late]);
    } finally {
      clearTimeout(timer);
      asking.abort();
    }
  }

  private _timer: ReturnType<typeof setTimeout> | undefined;
}

/** The button in the status bar. */
export class SpaceItem extends VDomRenderer<SpaceModel> {
  constructor(
    model: SpaceModel,
    private _open: () => void,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-SpaceItem');
  }

  protected override render(): JSX.Element | null {
    const { roots, awaySince } = this.model;
    if (awaySince !== null) {
      return (
        <span
          role="alert"
          data-full={true}
          title={awayText(awaySince, this._trans)}
        >
          {this._trans.__('Storage does not answer')}
        </span>
      );
    }
    if (roots.length === 0) {
      return null;
    }
    const isFull = roots.some(root => (percentOf(root) ?? 0) >= WARN_PERCENT);
    return (
      <button
        type="button"
        data-full={isFull}
        title={this._trans.__('Show what takes the space')}
        onClick={this._open}
      >
        {spaceLabel(roots, this._trans)}
      </button>
    );
  }
}

/** What each root takes, in words and as a meter. */
export function SpaceMeters(props: {
  roots: IRoot[];
  trans: TranslationBundle;
}): JSX.Element {
  const { roots, trans } = props;
  return (
    <>
      {roots.map(root => {
        const percent = percentOf(root);
        const name = rootName(root, trans);
        return (
          <p key={root.name}>
            <strong>{name}</strong> {spaceText(root, trans)}
            {percent !== null && (
              <meter
                aria-label={name}
                min={0}
                max={100}
                high={WARN_PERCENT - 1}
                optimum={0}
                value={percent}
              />
            )}
          </p>
        );
      })}
    </>
  );
}

/** What jobs take: beside home and project their logs, in the home their code. */
export function JobUsage(props: {
  jobs: IJobUsage;
  trans: TranslationBundle;
}): JSX.Element {
  const { jobs, trans } = props;
  const name = trans.__('Logs and results of jobs');
  const percent = jobs.logs && logPercentOf(jobs.logs);
  return (
    <section aria-label={trans.__('What jobs take')}>
      {jobs.logs && (
        <p>
          <strong>{name}</strong> {logsText(jobs.logs, trans)}
          {percent !== null && (
            <meter
              aria-label={name}
              min={0}
              max={100}
              high={WARN_PERCENT - 1}
              optimum={0}
              value={percent}
            />
          )}
          <small>
            {trans.__(
              'They are neither in your home nor in the project’s directory, and go with the job: delete jobs that you no longer need.'
            )}
          </small>
        </p>
      )}
      {jobs.code_bytes > 0 && (
        <p>
          <strong>{trans.__('Copies of code of jobs')}</strong>{' '}
          {trans.__(
            '%1, which is part of your home',
            sizeText(jobs.code_bytes)
          )}
        </p>
      )}
    </section>
  );
}

/** The largest directories; nothing where there are none. */
export function LargestTable(props: {
  /** Such as `Largest directories of the home`. */
  title: string;
  directories: IDirectory[];
  trans: TranslationBundle;
}): JSX.Element | null {
  const { title, directories, trans } = props;
  return directories.length === 0 ? null : (
    <section>
      <h3>{title}</h3>
      <table aria-label={title}>
        <tbody>
          {directories.map(({ path, bytes, complete }) => (
            <tr key={path}>
              <th scope="row">{path}</th>
              <td>
                {complete
                  ? sizeText(bytes)
                  : trans.__('at least %1', sizeText(bytes))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
