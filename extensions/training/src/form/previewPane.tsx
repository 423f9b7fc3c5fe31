import { Clipboard } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon } from '@jupyterlab/ui-components';
import type { IQuotaCost } from '@mofang/shared';
import * as React from 'react';

import { FocusKeeper } from '../focusKeeper';
import { cacheSizes } from '../model/cacheSize';
import { quotaBar } from '../model/quotaCost';
import type { ICheckedPreview } from '../model/defaults';
import type { FormModel } from './model';
import type { PreviewLoader } from './preview';

/** Preview of the job: its share of the quota, notes, engine, YAML. */
export function PreviewPane(props: {
  model: FormModel;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, trans } = props;
  const { previewLoader } = model;
  const { preview, state } = previewLoader;
  const pane = React.useRef<HTMLElement>(null);
  return (
    <aside
      className="mf-Preview"
      ref={pane}
      tabIndex={-1}
      aria-label={trans.__('Preview')}
      aria-busy={state === 'asking'}
    >
      <FocusKeeper container={() => pane.current} fallbacks={[]}>
        <h3>
          {trans.__('Preview')}
          {state === 'asking' && (
            <span className="mf-Spinner" aria-hidden="true" />
          )}
        </h3>
        <p className="mf-Quiet mf-PreviewState" role="status">
          {statusText(model, trans)}{' '}
          {state === 'failed' && !hasFields(previewLoader) && (
            <button
              type="button"
              className="mf-Link"
              onClick={() => previewLoader.retry()}
            >
              {trans.__('Try again')}
            </button>
          )}
        </p>
        {preview && (
          <div
            className="mf-PreviewAnswer"
            data-old={state !== 'ready' ? true : undefined}
          >
            <Answer answer={preview} trans={trans} />
          </div>
        )}
      </FocusKeeper>
    </aside>
  );
}

/** Status of the preview, in a sentence. */
function statusText(model: FormModel, trans: TranslationBundle): string {
  const { previewLoader } = model;
  switch (previewLoader.state) {
    case 'idle':
      if (previewLoader.preview) {
        return trans.__('Outdated: fix the errors to refresh.');
      }
      return model.defaults
        ? trans.__('Complete the required fields to see a preview.')
        : '';
    case 'asking':
      return trans.__('Checking…');
    case 'failed':
      return hasFields(previewLoader)
        ? trans.__('The service asks for changes at the fields.')
        : trans.__('There is no preview: %1', previewLoader.problem);
    case 'ready':
      if (hasFields(previewLoader)) {
        return trans.__('Something must change before it can be submitted.');
      }
      return Object.keys(model.errors).length > 0
        ? trans.__('Check the marked fields before you submit.')
        : trans.__('Ready to submit.');
  }
}

function hasFields(previewLoader: PreviewLoader): boolean {
  return Object.keys(previewLoader.fields).length > 0;
}

function Answer(props: {
  answer: ICheckedPreview;
  trans: TranslationBundle;
}): JSX.Element {
  const { answer, trans } = props;
  const caches = cacheSizes(answer.cache_bytes);
  return (
    <>
      {answer.notes.length > 0 && (
        <ul className="mf-Notes">
          {answer.notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {answer.cost.length > 0 && (
        <>
          <h4>{trans.__('Project quota')}</h4>
          <ul className="mf-Costs">
            {answer.cost.map(cost => (
              <Cost key={cost.resource} cost={cost} trans={trans} />
            ))}
          </ul>
        </>
      )}
      {caches && (
        <p className="mf-Engine">
          <span className="mf-Quiet">{trans.__('Usable in /cache')}</span>{' '}
          {caches}
        </p>
      )}
      {answer.workload_kind && (
        <p className="mf-Engine">
          <span className="mf-Quiet">{trans.__('Run as')}</span>{' '}
          {answer.workload_kind}
        </p>
      )}
      {answer.manifest && <Manifest text={answer.manifest} trans={trans} />}
    </>
  );
}

function Cost(props: {
  cost: IQuotaCost;
  trans: TranslationBundle;
}): JSX.Element {
  const bar = quotaBar(props.cost, props.trans);
  const percent = (part: number) => `${100 * part}%`;
  return (
    <li className="mf-Cost" data-verdict={bar.status}>
      <span className="mf-CostName">{bar.label}</span>
      {bar.limit !== null && (
        <span className="mf-CostBar" aria-hidden="true">
          <span className="mf-CostUsed" style={{ width: percent(bar.used) }} />
          <span
            className="mf-CostAsked"
            style={{ width: percent(bar.requested) }}
          />
          {bar.limit < 1 && (
            <span
              className="mf-CostLimit"
              style={{ left: percent(bar.limit) }}
            />
          )}
        </span>
      )}
      <span className="mf-CostText">{bar.message}</span>
    </li>
  );
}

function Manifest(props: {
  text: string;
  trans: TranslationBundle;
}): JSX.Element {
  const { text, trans } = props;
  const [copied, setCopied] = React.useState('');
  return (
    <details className="mf-Manifest">
      <summary>{trans.__('YAML')}</summary>
      <div className="mf-ManifestHead">
        <span className="mf-Quiet" role="status">
          {copied === text ? trans.__('Copied.') : ''}
        </span>
        <button
          type="button"
          className="mf-TextButton"
          onClick={() => {
            Clipboard.copyToSystem(text);
            setCopied(text);
          }}
        >
          <copyIcon.react tag="span" />
          {trans.__('Copy')}
        </button>
      </div>
      <pre tabIndex={0} aria-label={trans.__('YAML of the job')}>
        {text}
      </pre>
    </details>
  );
}
