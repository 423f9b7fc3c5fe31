import type { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  FilterBox,
  refreshIcon,
  VDomRenderer
} from '@jupyterlab/ui-components';
import * as React from 'react';

import { JobDetail } from './detail';
import { JobList } from './list';
import type { PanelModel } from './model';

/** The side panel: head, list, and the selected job below it. */
export class JobsPanel extends VDomRenderer<PanelModel> {
  constructor(
    model: PanelModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-Panel');
  }

  protected override render(): JSX.Element {
    const { model, _trans: trans } = this;
    const job = model.selectedJob;
    return (
      <>
        <div className="mf-PanelHead">
          <h2 className="mf-PanelTitle">
            {trans.__('Training jobs')}
            {model.project && (
              <span className="mf-Quiet">
                {trans.__('Project %1', model.project)}
              </span>
            )}
          </h2>
          <button className="mf-TextButton" onClick={() => model.newJob()}>
            <addIcon.react tag="span" />
            {trans.__('New job')}
          </button>
        </div>
        <Trouble model={model} trans={trans} />
        <FilterBox
          placeholder={trans.__('Filter by name, state, owner')}
          updateFilter={(_, text) => model.filterBy(text ?? '')}
          useFuzzyFilter={false}
          caseSensitive={false}
          showIcon={true}
        />
        <div className="mf-PanelList" data-split={Boolean(job)}>
          <JobList model={model} trans={trans} />
        </div>
        {job && <JobDetail job={job} model={model} trans={trans} />}
      </>
    );
  }
}

/** Says that the list may be old, and offers to try again at once. */
function Trouble(props: {
  model: PanelModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  if (model.jobs.liveness !== 'lost') {
    return null;
  }
  return (
    <div className="mf-Trouble" role="status">
      <span>
        {model.jobs.problem ??
          trans.__('The connection was lost. Trying again…')}
      </span>
      <button
        className="mf-IconButton"
        title={trans.__('Try again now')}
        aria-label={trans.__('Try again now')}
        onClick={() => model.jobs.reconnect()}
      >
        <refreshIcon.react tag="span" />
      </button>
    </div>
  );
}
