import type { TranslationBundle } from '@jupyterlab/translation';
import { VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { CleanUpModel } from './cleanUpModel';
import { CleanUpPanel } from './cleanUpPanel';
import {
  JobUsage,
  LargestTable,
  SpaceMeters,
  type SpaceModel
} from './spaceItem';

/** The tab with what takes the space of home and project, and its removal. */
export class SpacePanel extends VDomRenderer<CleanUpModel> {
  constructor(
    model: CleanUpModel,
    private _project: CleanUpModel,
    private _space: SpaceModel,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-Space');
    this._project.stateChanged.connect(this.update, this);
    this._space.stateChanged.connect(this.update, this);
  }

  override dispose(): void {
    this._project.stateChanged.disconnect(this.update, this);
    this._space.stateChanged.disconnect(this.update, this);
    super.dispose();
  }

  protected override render(): JSX.Element {
    const { model, _project: project, _trans: trans } = this;
    return (
      <>
        <h2>{trans.__('Storage')}</h2>
        <SpaceMeters roots={this._space.roots} trans={trans} />
        {this._space.jobs && <JobUsage jobs={this._space.jobs} trans={trans} />}
        <CleanUpPanel model={model} trans={trans} />
        <LargestTable
          title={trans.__('Largest directories of the home')}
          directories={model.survey?.directories ?? []}
          trans={trans}
        />
        {project.isShown && (
          <>
            <CleanUpPanel model={project} trans={trans} />
            <LargestTable
              title={trans.__('Largest directories of the project')}
              directories={project.survey?.directories ?? []}
              trans={trans}
            />
          </>
        )}
      </>
    );
  }
}
