import type { TranslationBundle } from '@jupyterlab/translation';
import { type IReplicaMetrics, replicaName } from '@mofang/shared';
import * as React from 'react';

import { useMetrics } from '../charts/metrics';
import { Sparkline } from '../charts/sparkline';
import {
  formatValue,
  lastValue,
  summed,
  valueTicks,
  type Unit
} from '../model/chartValues';
import type { IDetailProps } from './detailProps';
import { Section } from './section';

/** Points of a small curve: as many as it has pixels to tell them apart. */
const POINTS = 60;
/** A job of many replicas has charts for all of them; here, the first. */
const MAX_REPLICAS = 8;

/** What each replica used lately, in small curves. */
export function Usage({ job, model, trans }: IDetailProps): JSX.Element | null {
  const { metrics, problem } = useMetrics(
    model.jobs,
    job,
    POINTS,
    model.isShown
  );
  const replicas = metrics?.replicas ?? [];
  if (replicas.length === 0 && !problem) {
    return null;
  }
  const left = replicas.length - MAX_REPLICAS;
  return (
    <Section title={trans.__('Usage')} isOpen>
      {problem && (
        <p className="mf-Quiet" role="status">
          {problem}
        </p>
      )}
      {replicas.slice(0, MAX_REPLICAS).map(replica => (
        <ReplicaUsage
          key={replicaName(replica)}
          replica={replica}
          trans={trans}
        />
      ))}
      {left > 0 && (
        <button
          className="mf-Link"
          onClick={() => model.actions.openCharts(job)}
        >
          {trans._n(
            'Charts show %1 more replica',
            'Charts show %1 more replicas',
            left
          )}
        </button>
      )}
    </Section>
  );
}

function ReplicaUsage(props: {
  replica: IReplicaMetrics;
  trans: TranslationBundle;
}): JSX.Element {
  const { replica, trans } = props;
  const curves: [string, Unit, string[]][] = [
    [trans.__('CPU'), 'cores', ['cpu']],
    [trans.__('Memory'), 'bytes', ['memory']],
    [trans.__('GPU'), 'percent', ['gpu']],
    [trans.__('Disk'), 'rate', ['read', 'write']],
    [trans.__('Network'), 'rate', ['received', 'sent']]
  ];
  return (
    <div
      className="mf-Usage"
      role="group"
      aria-label={trans.__('Use of %1', replicaName(replica))}
    >
      <h4 className="mf-UsageName">{replicaName(replica)}</h4>
      {replica.note && <p className="mf-Quiet">{replica.note}</p>}
      <dl className="mf-UsageCurves">
        {curves.map(([name, unit, names]) => (
          <Curve
            key={name}
            name={name}
            unit={unit}
            values={summed(replica, names)}
            limit={limitOf(replica, names)}
            trans={trans}
          />
        ))}
      </dl>
    </div>
  );
}

function Curve(props: {
  name: string;
  unit: Unit;
  values: (number | null)[] | null;
  limit: number | null;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { name, unit, values, limit, trans } = props;
  const last = values && lastValue(values);
  if (!values || last === null) {
    return null;
  }
  const highest = Math.max(...values.map(value => value ?? 0));
  const max = Math.max(highest, limit ?? 0, valueTicks(highest, unit).at(-1)!);
  const text = formatValue(last, unit);
  return (
    <div className="mf-UsageCurve">
      <dt>{name}</dt>
      <dd>
        <Sparkline values={values} max={unit === 'rate' ? highest : max} />
        <span
          className="mf-UsageValue"
          title={
            limit === null
              ? undefined
              : trans.__('%1 of %2', text, formatValue(limit, unit))
          }
        >
          {text}
        </span>
      </dd>
    </div>
  );
}

function limitOf(replica: IReplicaMetrics, names: string[]): number | null {
  const [one] = replica.series.filter(each => names.includes(each.name));
  return names.length === 1 ? (one?.limit ?? null) : null;
}
