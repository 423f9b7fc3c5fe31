import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import type { IReplica } from '@mofang/shared';
import * as React from 'react';

import { JobLoader } from '../loading/jobLoader';
import type { ITrainingJobs } from '../tokens';
import { LogBody } from './body';
import { LogControls } from './controls';
import { LogModel } from './model';

/** The log of a job, one replica at a time. */
export class LogWidget extends Panel {
  constructor(
    jobs: ITrainingJobs,
    jobId: string,
    private _trans: TranslationBundle,
    openShell: ((replica: IReplica) => void) | null
  ) {
    super();
    this.addClass('mf-Log');
    const body = new LogBody(_trans);
    this.model = new LogModel(
      jobs,
      jobId,
      body,
      new JobLoader(jobs, [jobId], _trans)
    );
    body.listener = this.model;
    this.addWidget(
      ReactWidget.create(
        <LogControls model={this.model} trans={_trans} openShell={openShell} />
      )
    );
    this.addWidget(body);
    this.model.stateChanged.connect(this._updateTitle, this);
    this._updateTitle();
  }

  readonly model: LogModel;

  override dispose(): void {
    if (!this.isDisposed) {
      this.model.dispose();
    }
    super.dispose();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.model.isShown = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    // Browsers limit connections per host: a hidden log closes its own.
    this.model.isShown = false;
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    this.node.querySelector<HTMLElement>('[role=log]')?.focus();
  }

  private _updateTitle(): void {
    const { job } = this.model;
    this.title.label = job
      ? this._trans.__('Log · %1', job.spec.name)
      : this._trans.__('Log');
    this.title.caption = this.model.jobId;
  }
}
