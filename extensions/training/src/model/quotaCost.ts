/** A job's share of its project's quota, as text and as parts of a bar. */
import type { IQuotaCost } from '@mofang/shared';

import { formatValue, type Unit } from './chartValues';
import type { ITranslate } from './jobForm';

export type QuotaStatus = 'fits' | 'waits' | 'never';

export interface IQuotaBar {
  label: string;
  /** Parts of the bar, which is as long as the limit or what is wanted of it. */
  used: number;
  requested: number;
  /** Where the limit is on the bar; null where there is none. */
  limit: number | null;
  status: QuotaStatus;
  message: string;
}

const UNITS: Record<string, Unit> = {
  cpu: 'cores',
  memory: 'bytes',
  ephemeral_storage: 'bytes'
};

export function quotaBar(cost: IQuotaCost, trans: ITranslate): IQuotaBar {
  const { requested, used, limit } = cost;
  const whole = Math.max(limit ?? 0, used + requested) || 1;
  return {
    label: resourceLabel(cost.resource, trans),
    used: used / whole,
    requested: requested / whole,
    limit: limit === null ? null : limit / whole,
    status: statusOf(cost),
    message: messageOf(cost, trans)
  };
}

function statusOf({ requested, used, limit }: IQuotaCost): QuotaStatus {
  if (limit === null || requested === 0 || used + requested <= limit) {
    return 'fits';
  }
  return requested > limit ? 'never' : 'waits';
}

function messageOf(cost: IQuotaCost, trans: ITranslate): string {
  const { requested, used, limit, resource } = cost;
  const text = (value: number) => amount(value, resource);
  if (limit === null) {
    return trans.__('Uses %1 (the project has no limit)', text(requested));
  }
  const whole = [text(requested), bare(used, resource), text(limit)];
  switch (statusOf(cost)) {
    case 'fits':
      return trans.__('Uses %1 (%2 of %3 in use)', ...whole);
    case 'waits':
      return trans.__('Uses %1 (%2 of %3 in use), so the job waits', ...whole);
    case 'never':
      return trans.__(
        'Uses %1, but the project has %2: the job can never start',
        text(requested),
        text(limit)
      );
  }
}

function amount(value: number, resource: string): string {
  const unit = UNITS[resource];
  return unit ? formatValue(value, unit) : String(value);
}

/** An amount beside another of its unit. */
function bare(value: number, resource: string): string {
  return UNITS[resource] === 'cores'
    ? amount(value, resource).replace(/ .*$/, '')
    : amount(value, resource);
}

function resourceLabel(resource: string, trans: ITranslate): string {
  const labels: Record<string, string> = {
    cpu: trans.__('CPU'),
    memory: trans.__('Memory'),
    gpu: trans.__('GPUs'),
    ephemeral_storage: trans.__('Local disk'),
    pods: trans.__('Pods')
  };
  return labels[resource] ?? resource;
}
