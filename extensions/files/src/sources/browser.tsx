import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon, VDomRenderer } from '@jupyterlab/ui-components';
import * as React from 'react';

import { sizeText } from '../space';
import { timeText } from '../versions';
import type { SourceBrowserModel } from './browserModel';
import { EntryList } from './list';
import type { Entry } from './model';

/** What is done with the active entry. */
export interface IBrowserActions {
  canOpen: () => boolean;
  open: () => void;
  download: () => void;
  copyLocation: () => void;
}

/** The side panel with the data sources of this server. */
export class SourceBrowser extends VDomRenderer<SourceBrowserModel> {
  constructor(
    model: SourceBrowserModel,
    private _actions: IBrowserActions,
    private _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('mf-Sources');
  }

  protected override render(): JSX.Element {
    const { model, _trans: trans } = this;
    return (
      <>
        <header className="mf-Sources-header">
          <Breadcrumbs model={model} trans={trans} />
          <button
            type="button"
            className="jp-Button jp-mod-minimal"
            title={trans.__('Refresh')}
            aria-label={trans.__('Refresh')}
            onClick={() => void model.refresh()}
          >
            <refreshIcon.react tag="span" />
          </button>
        </header>
        <Filter model={model} trans={trans} />
        {model.failure && <p role="alert">{model.failure}</p>}
        <EntryList model={model} trans={trans} />
        <p role="status" className="mf-Sources-status">
          {statusText(model, trans)}
        </p>
        <Details model={model} actions={this._actions} trans={trans} />
      </>
    );
  }
}

interface IProps {
  model: SourceBrowserModel;
  trans: TranslationBundle;
}

/** Say how much is listed, where that is not plain to see. */
export function statusText(
  model: SourceBrowserModel,
  trans: TranslationBundle
): string {
  const count = model.entries.length;
  if (model.isBusy) {
    return trans.__('Loading…');
  }
  if (model.failure) {
    return '';
  }
  if (count === 0) {
    return model.starts
      ? trans.__('No name begins so.')
      : model.position.source
        ? trans.__('There is nothing here.')
        : trans.__('This server has no data sources.');
  }
  return model.hasMore
    ? trans.__('%1 listed; more follow when you scroll.', count)
    : '';
}

/** Where the browser is; each part leads back. */
function Breadcrumbs({ model, trans }: IProps): JSX.Element {
  const { source, path } = model.position;
  const parts = path.split('/').slice(0, -1);
  const positions = [
    { name: trans.__('Data sources'), position: { source: null, path: '' } },
    ...(source ? [{ name: source.name, position: { source, path: '' } }] : []),
    ...parts.map((name, at) => ({
      name,
      position: {
        source,
        path: parts
          .slice(0, at + 1)
          .map(part => `${part}/`)
          .join('')
      }
    }))
  ];
  return (
    <nav aria-label={trans.__('Path')}>
      <ol className="mf-Sources-path">
        {positions.map(({ name, position }, at) => (
          <li key={at}>
            <button
              type="button"
              aria-current={at === positions.length - 1 ? 'page' : undefined}
              onClick={() => void model.go(position)}
            >
              {name || trans.__('(no name)')}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

/** Milliseconds without a key after which the store is asked. */
const PAUSE = 300;

/** Lists only names that begin as typed. */
function Filter({ model, trans }: IProps): JSX.Element {
  const { source, path } = model.position;
  const [text, setText] = React.useState(model.starts);
  const position = `${source?.name ?? ''}/${path}`;
  React.useEffect(() => setText(model.starts), [position]);
  React.useEffect(() => {
    if (text === model.starts) {
      return;
    }
    const timer = setTimeout(() => void model.filter(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      className="mf-Sources-filter jp-mod-styled"
      aria-label={trans.__('Name begins with')}
      placeholder={trans.__('Name begins with…')}
      value={text}
      spellCheck={false}
      // A slash ends a name.
      onChange={({ target }) => setText(target.value.replaceAll('/', ''))}
    />
  );
}

/** What is known of the active entry, and what to do with it. */
function Details({
  model,
  actions,
  trans
}: IProps & { actions: IBrowserActions }): JSX.Element | null {
  const entry = model.activeEntry;
  if (!entry) {
    return null;
  }
  const { source } = model.position;
  return (
    <section
      className="mf-Sources-details"
      aria-label={trans.__('Selected: %1', entry.name)}
    >
      <code>{model.location(entry)}</code>
      <small>{detailText(entry, source?.name ?? '', trans)}</small>
      <div>
        <button
          type="button"
          disabled={!actions.canOpen()}
          onClick={actions.open}
        >
          {trans.__('Open')}
        </button>
        {entry.kind === 'object' && (
          <button type="button" onClick={actions.download}>
            {trans.__('Download')}
          </button>
        )}
        <button type="button" onClick={actions.copyLocation}>
          {isUrl(entry) ? trans.__('Copy URL') : trans.__('Copy Path')}
        </button>
      </div>
    </section>
  );
}

/** Whether programs name it by a URL. */
export function isUrl(entry: Entry): boolean {
  return entry.kind !== 'source' || entry.source.kind === 'bucket';
}

function detailText(
  entry: Entry,
  profile: string,
  trans: TranslationBundle
): string {
  switch (entry.kind) {
    case 'source':
      return entry.source.kind === 'bucket'
        ? trans.__('Bucket, profile %1', entry.source.name)
        : entry.source.read_only
          ? trans.__('Directory, read-only')
          : trans.__('Directory');
    case 'directory':
      return trans.__('Profile %1', profile);
    case 'object':
      return trans.__(
        '%1, %2, profile %3',
        sizeText(entry.object.size),
        timeText(entry.object.modified),
        profile
      );
  }
}
