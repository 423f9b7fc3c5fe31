import { URLExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  launchIcon,
  refreshIcon,
  VDomRenderer
} from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { CompareSelection } from './compareSelection';
import { JobDetail } from './detail';
import { JobFilters } from './filters';
import { JobList } from './list';
import type { PanelModel } from './model';

const SELECTED = '[data-selected=true] > .mf-JobButton';
/** The row at which the tab key stops. */
const STOP = '.mf-JobButton[tabindex="0"]';

/** The side panel: head, list, and the selected job below it. */
export class JobsPanel extends VDomRenderer<PanelModel> {
  constructor(
    model: PanelModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-Panel');
    this.node.tabIndex = -1;
  }

  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    if (!this.node.contains(document.activeElement)) {
      (this.node.querySelector<HTMLElement>(SELECTED) ?? this.node).focus();
    }
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this.model.isShown = true;
  }

  protected override onAfterHide(msg: Message): void {
    super.onAfterHide(msg);
    this.model.isShown = false;
  }

  protected override render(): JSX.Element {
    const { model, _trans: trans } = this;
    const job = model.selectedJob;
    return (
      <FocusKeeper container={() => this.node} fallbacks={[SELECTED, STOP]}>
        <div className="mf-PanelHead">
          <h2 className="mf-PanelTitle">
            {trans.__('Training jobs')}
            {model.project && (
              <span className="mf-Quiet">
                {trans.__('Project %1', model.project)}
              </span>
            )}
          </h2>
          <PageLink model={model} trans={trans} />
          <button
            className="mf-TextButton"
            onClick={() => model.actions.newJob()}
          >
            <addIcon.react tag="span" />
            {trans.__('New job')}
          </button>
        </div>
        <ConnectionProblem model={model} trans={trans} />
        <JobFilters model={model} trans={trans} />
        <JobList model={model} trans={trans} selected={job?.id ?? ''} />
        <CompareSelection model={model} trans={trans} />
        {job && (
          <JobDetail key={job.id} job={job} model={model} trans={trans} />
        )}
      </FocusKeeper>
    );
  }
}

/** Leads to the hub's page of the jobs, which needs no server that runs. */
function PageLink(props: {
  model: PanelModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { hubUrl, project, selected } = props.model;
  if (!hubUrl || !project) {
    return null;
  }
  const label = props.trans.__('Open the page of jobs, which needs no server');
  return (
    <a
      className="mf-IconButton"
      href={URLExt.join(hubUrl, 'jobs', project, selected)}
      target="_blank"
      rel="noopener"
      title={label}
      aria-label={label}
    >
      <launchIcon.react tag="span" />
    </a>
  );
}

/** Reports that the list may be stale, with a button to reconnect. */
function ConnectionProblem(props: {
  model: PanelModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const { jobs, listing } = model;
  const lost = jobs.connectionStatus === 'lost';
  if (!lost && !listing.problem) {
    return null;
  }
  const again = () => (lost ? jobs.reconnect() : listing.reload());
  return (
    <div className="mf-Trouble" role="status">
      <span>
        {(lost ? jobs.problem : listing.problem) ??
          trans.__('The connection was lost. Trying again…')}
      </span>
      <button
        className="mf-IconButton"
        title={trans.__('Try again now')}
        aria-label={trans.__('Try again now')}
        onClick={again}
      >
        <refreshIcon.react tag="span" />
      </button>
    </div>
  );
}
