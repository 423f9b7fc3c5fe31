/**
 * Containers a Cloud Shell can be opened in, as the training extension's server reports
 * them.
 */
import { replicaName, type IJob, type IReplica } from '@mofang/shared';

/** The fields of a training job that this extension uses. */
export interface IShellJob {
  id: string;
  spec: Pick<IJob['spec'], 'name'>;
  replicas: Pick<IReplica, 'role' | 'index' | 'state' | 'shell_allowed'>[];
}

/** One container of one job. */
export interface ITarget {
  jobId: string;
  role: string;
  index: number;
}

/** How the connection of a Cloud Shell stands. */
export type ShellStatus = 'connecting' | 'connected' | 'ended';

export interface IShellChoice {
  label: string;
  target: ITarget;
}

/** What the terminal of a container is called: `train-x1y2z3:worker-0`'s parts. */
export function terminalName({ jobId, role, index }: ITarget): string {
  return `${jobId}:${role}:${index}`;
}

/** Read the arguments of a command; null where they name no container. */
export function targetOf(args: Record<string, unknown>): ITarget | null {
  const { jobId, role, index } = args;
  return typeof jobId === 'string' &&
    typeof role === 'string' &&
    Number.isInteger(index)
    ? { jobId, role, index: index as number }
    : null;
}

/** Names for the drop-down: what can be opened, and what is open. */
export function replicaNames(
  job: IShellJob | null,
  current: ITarget
): string[] {
  const names = (job?.replicas ?? [])
    .filter(replica => replica.shell_allowed)
    .map(replicaName);
  const open = replicaName(current);
  return names.includes(open) ? names : [open, ...names];
}

export function parseReplica(jobId: string, name: string): ITarget {
  const cut = name.lastIndexOf('-');
  return {
    jobId,
    role: name.slice(0, cut),
    index: Number(name.slice(cut + 1))
  };
}

/** Every container that a shell can be opened in, newest job first. */
export function shellChoices(jobs: readonly IShellJob[]): IShellChoice[] {
  return jobs.flatMap(job =>
    job.replicas
      .filter(replica => replica.shell_allowed)
      .map(({ role, index }) => ({
        label: `${job.spec.name} · ${replicaName({ role, index })} (${job.id})`,
        target: { jobId: job.id, role, index }
      }))
  );
}
