import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { type IJob, isFinal } from '@mofang/shared';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { outputDirectories } from '../model/compare';
import { JobLoader } from '../loading/jobLoader';
import { LoaderNote } from '../loading/loaderNote';
import type { ITrainingJobs } from '../tokens';
import { ComparisonTable, type IReported } from './table';

/** Opens TensorBoard on directories by name; null where none is installed. */
export type OpenBoards =
  ((logdirs: Record<string, string>, title: string) => void) | null;

/** A tab with two jobs side by side. */
export class ComparisonWidget extends ReactWidget {
  constructor(
    private _jobs: ITrainingJobs,
    readonly jobIds: [string, string],
    private _openBoards: () => OpenBoards,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('mf-Comparison');
    this.node.tabIndex = -1;
    this.title.label = _trans.__('Compare jobs');
    this.title.caption = jobIds.join(' · ');
    this._loader = new JobLoader(_jobs, jobIds, _trans);
    this._loader.changed.connect(() => this.update());
  }

  override dispose(): void {
    this._loader.dispose();
    super.dispose();
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.focus();
  }

  protected override render(): JSX.Element {
    const { _jobs: jobs, _trans: trans } = this;
    return (
      <UseSignal signal={jobs.changed}>
        {() => {
          const [left, right] = this.jobIds.map(id => jobs.find(id));
          return (
            <FocusKeeper container={() => this.node} fallbacks={[]}>
              {left && right ? (
                <Comparison
                  jobs={jobs}
                  pair={[left, right]}
                  openBoards={this._openBoards()}
                  trans={trans}
                />
              ) : (
                <LoaderNote
                  loader={this._loader}
                  reading={trans.__('Reading both jobs…')}
                  trans={trans}
                />
              )}
            </FocusKeeper>
          );
        }}
      </UseSignal>
    );
  }

  private _loader: JobLoader;
}

function Comparison(props: {
  jobs: ITrainingJobs;
  pair: [IJob, IJob];
  openBoards: OpenBoards;
  trans: TranslationBundle;
}): JSX.Element {
  const { jobs, pair, openBoards, trans } = props;
  const [left, right] = pair;
  const results: [IReported, IReported] = [
    useResult(jobs, left),
    useResult(jobs, right)
  ];
  const logdirs = outputDirectories(pair);
  const title = `${left.spec.name} · ${right.spec.name}`;
  return (
    <>
      <header className="mf-ComparisonHead">
        <h2 className="mf-ChartsName">{trans.__('Compare jobs')}</h2>
        {openBoards && (
          <button
            className="mf-TextButton"
            disabled={Object.keys(logdirs).length === 0}
            title={
              Object.keys(logdirs).length === 0
                ? trans.__('Neither job has an output directory')
                : trans.__('Both jobs’ outputs in one TensorBoard')
            }
            onClick={() => openBoards(logdirs, title)}
          >
            {trans.__('TensorBoard')}
          </button>
        )}
      </header>
      <ComparisonTable pair={pair} results={results} trans={trans} />
    </>
  );
}

/** Result reported by a job's script; read again when the job ends. */
function useResult(jobs: ITrainingJobs, job: IJob): IReported {
  const [reported, setReported] = React.useState<IReported>({
    result: {},
    problem: ''
  });
  const ended = isFinal(job.state);
  React.useEffect(() => {
    let isCurrent = true;
    jobs.result(job.id).then(
      result => isCurrent && setReported({ result, problem: '' }),
      reason => {
        const problem = String(reason?.message ?? reason);
        // Keep the last result if a later read fails.
        return isCurrent && setReported(last => ({ ...last, problem }));
      }
    );
    return () => {
      isCurrent = false;
    };
  }, [job.id, ended]);
  return reported;
}
