import type { TranslationBundle } from '@jupyterlab/translation';
import { clearIcon, searchIcon } from '@jupyterlab/ui-components';
import type { JobState } from '@mofang/shared';
import * as React from 'react';

import { ACTIVE, isEmpty } from '../model/jobFilter';
import { stateName } from './stateBadge';
import type { IPanelModel } from './model';

/** Debounce interval of the search. */
const PAUSE_MS = 200;

const STATES: readonly JobState[] = [
  ...ACTIVE,
  'Succeeded',
  'Failed',
  'Cancelled'
];

interface IFilterProps {
  model: IPanelModel;
  trans: TranslationBundle;
}

/** Narrows the list; says how many jobs are left. */
export function JobFilters({ model, trans }: IFilterProps): JSX.Element {
  const { filter } = model.listing;
  const { states } = filter;
  const state: string = states.length > 1 ? 'active' : (states[0] ?? '');
  return (
    <div
      className="mf-Filters"
      role="search"
      aria-label={trans.__('Filter jobs')}
    >
      <Search model={model} trans={trans} />
      <div className="mf-FilterLine">
        <select
          className="mf-Select"
          aria-label={trans.__('State')}
          data-set={state !== ''}
          value={state}
          onChange={event =>
            model.filterBy({ states: statesOf(event.target.value) })
          }
        >
          <option value="">{trans.__('Any state')}</option>
          <option value="active">{trans.__('Not ended')}</option>
          {STATES.map(each => (
            <option key={each} value={each}>
              {stateName(each, trans)}
            </option>
          ))}
        </select>
        <select
          className="mf-Select"
          aria-label={trans.__('Framework')}
          data-set={filter.framework !== ''}
          value={filter.framework}
          onChange={event => model.filterBy({ framework: event.target.value })}
        >
          <option value="">{trans.__('Any framework')}</option>
          {model.frameworks.map(each => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </div>
      <Count model={model} trans={trans} />
    </div>
  );
}

function Search({ model, trans }: IFilterProps): JSX.Element {
  const { search } = model.listing.filter;
  const [text, setText] = React.useState(search);
  React.useEffect(() => {
    // A space at the end of what is being typed stays.
    setText(now => (now.trim() === search ? now : search));
  }, [search]);
  React.useEffect(() => {
    const query = text.trim();
    if (query === search) {
      return;
    }
    const timer = setTimeout(() => model.filterBy({ search: query }), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div className="mf-Search">
      <searchIcon.react tag="span" className="mf-SearchIcon" />
      <input
        type="search"
        className="mf-SearchInput"
        placeholder={trans.__('Search by name or id')}
        aria-label={trans.__('Search jobs by name or id')}
        value={text}
        onChange={event => setText(event.target.value)}
      />
    </div>
  );
}

function Count({ model, trans }: IFilterProps): JSX.Element {
  const { listing } = model;
  const { filter } = listing;
  const { total } = listing.list;
  const count = total.toLocaleString();
  return (
    <div className="mf-FilterLine mf-Count">
      <span role="status">
        {listing.isReady && trans._n('%2 job', '%2 jobs', total, count)}
      </span>
      {model.user && (
        <label className="mf-Inline">
          <input
            type="checkbox"
            checked={filter.owner !== ''}
            onChange={event =>
              model.filterBy({
                owner: event.target.checked ? model.user : ''
              })
            }
          />
          {trans.__('Mine')}
        </label>
      )}
      {!isEmpty(filter) && (
        <button className="mf-Link" onClick={() => model.clearFilter()}>
          <clearIcon.react tag="span" className="mf-BadgeIcon" />
          {trans.__('Clear filter')}
        </button>
      )}
    </div>
  );
}

function statesOf(value: string): readonly JobState[] {
  return value === 'active' ? ACTIVE : value ? [value as JobState] : [];
}
