import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal } from '@lumino/signaling';
import { replicaName } from '@mofang/shared';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { StateBadge } from '../panel/stateBadge';
import type { ITrainingJobs } from '../tokens';
import { JobLoader } from '../loading/jobLoader';
import { LoaderNote } from '../loading/loaderNote';
import { Chart } from './chart';
import { Legend } from './legend';
import { chartsOf, spanOf } from './lines';
import { useMetrics } from './metrics';

/** Points of a curve: more than a chart has pixels helps nobody. */
const POINTS = 400;

/** Tab with the resource usage of a job's replicas over time. */
export class ChartsWidget extends ReactWidget {
  constructor(
    private _jobs: ITrainingJobs,
    readonly jobId: string,
    private _trans: TranslationBundle
  ) {
    super();
    this.addClass('mf-Charts');
    this.node.tabIndex = -1;
    _jobs.changed.connect(this._updateTitle, this);
    this._updateTitle();
    this._loader = new JobLoader(_jobs, [jobId], _trans);
    this._loader.changed.connect(() => this.update());
  }

  override dispose(): void {
    this._loader.dispose();
    this._jobs.changed.disconnect(this._updateTitle, this);
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._shown.emit(true);
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this._shown.emit(false);
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.focus();
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._shown} initialArgs={this.isVisible}>
        {(_, isShown) => (
          <UseSignal signal={this._jobs.changed}>
            {() => (
              <FocusKeeper container={() => this.node} fallbacks={[]}>
                <JobCharts
                  jobs={this._jobs}
                  jobId={this.jobId}
                  isShown={isShown ?? true}
                  loader={this._loader}
                  trans={this._trans}
                />
              </FocusKeeper>
            )}
          </UseSignal>
        )}
      </UseSignal>
    );
  }

  private _updateTitle(): void {
    const { _trans: trans } = this;
    const job = this._jobs.find(this.jobId);
    this.title.label = job
      ? trans.__('Charts · %1', job.spec.name)
      : trans.__('Charts');
    this.title.caption = this.jobId;
  }

  private _loader: JobLoader;
  private _shown = new Signal<this, boolean>(this);
}

function JobCharts(props: {
  jobs: ITrainingJobs;
  jobId: string;
  isShown: boolean;
  loader: JobLoader;
  trans: TranslationBundle;
}): JSX.Element {
  const { jobs, jobId, isShown, loader, trans } = props;
  const job = jobs.find(jobId);
  const { metrics, problem } = useMetrics(jobs, job, POINTS, isShown);
  const [hidden, setHidden] = React.useState<ReadonlySet<string>>(new Set());
  const charts = React.useMemo(
    () => (metrics ? chartsOf(metrics) : []),
    [metrics]
  );
  const span = React.useMemo(() => spanOf(charts), [charts]);
  const toggle = (name: string) => {
    const changed = new Set(hidden);
    if (!changed.delete(name)) {
      changed.add(name);
    }
    setHidden(changed);
  };

  const replicas = metrics?.replicas ?? [];
  const notes = new Set(replicas.map(each => each.note).filter(Boolean));
  const titles = titlesOf(trans);
  let nothing = '';
  if (job && !job.started) {
    nothing = trans.__('Nothing was measured yet: the job has not started.');
  } else if (job && metrics && charts.length === 0 && notes.size === 0) {
    nothing = trans.__('Nothing was measured yet.');
  }
  return (
    <>
      <header className="mf-ChartsHead">
        <h2 className="mf-ChartsName">{job?.spec.name ?? jobId}</h2>
        {job && <StateBadge state={job.state} trans={trans} />}
        <Legend
          names={replicas.map(replicaName)}
          hidden={hidden}
          toggle={toggle}
          trans={trans}
        />
      </header>
      {!job && (
        <LoaderNote
          loader={loader}
          reading={trans.__('Reading the job…')}
          trans={trans}
        />
      )}
      {[problem, nothing, ...notes].filter(Boolean).map(sentence => (
        <p key={sentence} className="mf-ChartsNote" role="status">
          {sentence}
        </p>
      ))}
      <div className="mf-ChartGrid">
        {charts.map(chart => (
          <Chart
            key={chart.name}
            chart={chart}
            title={titles[chart.name]}
            span={span}
            hidden={hidden}
            trans={trans}
          />
        ))}
      </div>
    </>
  );
}

function titlesOf(trans: TranslationBundle): Record<string, string> {
  return {
    cpu: trans.__('CPU'),
    memory: trans.__('Memory'),
    gpu: trans.__('GPU'),
    gpu_memory: trans.__('GPU memory'),
    read: trans.__('Read from disks'),
    write: trans.__('Written to disks'),
    received: trans.__('Received over the network'),
    sent: trans.__('Sent over the network')
  };
}
