import type { TranslationBundle } from '@jupyterlab/translation';
import { rowAfter, useWindow } from '@mofang/shared';
import * as React from 'react';

import { sizeText } from '../space';
import type { SourceBrowserModel } from './browserModel';
import { entryIcon } from './icons';
import type { Entry } from './model';

/** The next page is asked for when this few rows are left. */
const PREFETCH_ROWS = 60;

interface IListProps {
  model: SourceBrowserModel;
  trans: TranslationBundle;
}

/** What is at a place: arrows move, Enter opens, Backspace leaves. */
export function EntryList({ model, trans }: IListProps): JSX.Element {
  const { entries, active, hasMore, isBusy } = model;
  const { source, path } = model.position;
  const view = useWindow(entries.length);
  const { first, end, rowHeight, scroller } = view;
  const position = `${source?.name ?? ''}/${path}`;

  React.useEffect(() => {
    if (
      hasMore &&
      !isBusy &&
      !model.failure &&
      end + PREFETCH_ROWS > entries.length
    ) {
      void model.more();
    }
  }, [end, entries.length, hasMore, isBusy]);
  React.useEffect(() => {
    scroller.current!.scrollTop = 0;
    view.reveal(model.active);
  }, [position, model.starts]);
  React.useEffect(() => view.reveal(active), [active]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const page = Math.floor(scroller.current!.clientHeight / rowHeight);
    const row = rowAfter(
      event.key,
      active,
      Math.max(1, page - 1),
      entries.length
    );
    if (row !== null) {
      model.setActive(row);
    } else if (event.key === 'Enter' && model.activeEntry) {
      void model.open(model.activeEntry);
    } else if (event.key === 'Backspace') {
      void model.up();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const rows = entries
    .slice(first, end)
    .map((entry, at) => ({ entry, row: first + at }));
  if (entries[active] && (active < first || active >= end)) {
    // Whoever reads the screen hears it, also when it was scrolled away.
    rows.push({ entry: entries[active], row: active });
  }
  return (
    <div className="mf-Sources-list" ref={view.scroller} aria-busy={isBusy}>
      <div className="mf-Sources-ruler" ref={view.ruler} aria-hidden="true" />
      <div
        role="listbox"
        tabIndex={0}
        aria-label={source ? trans.__('Objects') : trans.__('Data sources')}
        aria-activedescendant={entries[active] && rowId(active)}
        style={{ height: Math.max(1, entries.length) * rowHeight }}
        onKeyDown={onKeyDown}
      >
        {rows.map(({ entry, row }) => (
          <Row
            key={row}
            entry={entry}
            row={row}
            count={hasMore ? -1 : entries.length}
            top={row * rowHeight}
            isActive={row === active}
            model={model}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

interface IRowProps extends IListProps {
  entry: Entry;
  row: number;
  /** Of all; -1 where nobody knows. */
  count: number;
  top: number;
  isActive: boolean;
}

const Row = React.memo(function Row(props: IRowProps): JSX.Element {
  const { entry, row, count, top, isActive, model, trans } = props;
  const Icon = entryIcon(entry);
  const kind =
    entry.kind === 'object' ? trans.__('object') : trans.__('directory');
  return (
    <div
      role="option"
      id={rowId(row)}
      className="mf-Sources-row"
      data-kind={entry.kind}
      aria-selected={isActive}
      aria-posinset={row + 1}
      aria-setsize={count}
      title={entry.name}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => model.setActive(row)}
      onContextMenu={() => model.setActive(row)}
      onDoubleClick={() => void model.open(entry)}
    >
      <Icon.react tag="span" aria-hidden="true" />
      <span className="mf-Sources-name">
        {entry.name || trans.__('(no name)')}
      </span>
      <span className="mf-Sources-size">
        {entry.kind === 'object' ? (
          sizeText(entry.object.size)
        ) : (
          <span className="mf-Sources-kind">{kind}</span>
        )}
      </span>
    </div>
  );
});

function rowId(row: number): string {
  return `mf-sources-row-${row}`;
}
