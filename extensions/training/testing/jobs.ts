/** Jobs for tests. */
import type { IJob, IJobSpec, IReplica } from '@mofang/shared';

export function spec(part: Partial<IJobSpec> = {}): IJobSpec {
  return {
    name: 'train',
    framework: 'pytorch',
    engine: null,
    image: 'docker.io/mofang/pytorch:1',
    script: '/home/jovyan/train.py',
    command: [],
    arguments: [],
    hyperparameters: {},
    flags: [],
    working_directory: '/home/jovyan',
    code: null,
    requirements: null,
    inputs: [],
    outputs: [],
    replicas: 1,
    resources: { cpu: '1', memory: '2Gi', gpu: 0 },
    roles: {},
    processes_per_replica: null,
    env: {},
    secrets: {},
    run_as_user: 1000,
    priority: 'normal',
    restart: null,
    hang_policy: 'notify',
    hold_on_failure_minutes: 0,
    environment: null,
    rerun_of: null,
    ...part
  };
}

export function replica(part: Partial<IReplica> = {}): IReplica {
  return {
    role: 'worker',
    index: 0,
    state: 'Running',
    node: 'node-1',
    reason: null,
    exit_code: null,
    shell_allowed: true,
    held_until: null,
    ...part
  };
}

export function job(id: string, part: Partial<IJob> = {}): IJob {
  return {
    id,
    project: 'vision',
    owner: 'ada',
    spec: spec({ name: `name-${id}` }),
    workload_kind: 'PyTorchJob',
    state: 'Running',
    reason: null,
    created: '2026-11-01T10:00:00Z',
    started: '2026-11-01T10:00:10Z',
    finished: null,
    attempt: 1,
    restarts: [],
    queue: null,
    alert: null,
    cache_bytes: {},
    replicas: [replica()],
    ...part
  };
}
