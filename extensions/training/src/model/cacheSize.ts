/** How much of the scratch disk of each replica is usable, as text. */
import { formatValue } from './chartValues';

/** `worker 720 GiB · ps 45 GiB`; empty where no role has a scratch disk. */
export function cacheSizes(bytes: Record<string, number>): string {
  return Object.entries(bytes)
    .map(([role, size]) => `${role} ${formatValue(size, 'bytes')}`)
    .join(' · ');
}
