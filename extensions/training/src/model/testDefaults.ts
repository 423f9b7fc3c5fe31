/** Defaults of a server, for tests. */
import type { IEnvironment, IEnvironmentList, IRoleRule } from '@mofang/shared';

import type { IDefaults } from './defaults';

function role(
  name: string,
  min_replicas: number,
  max_replicas: number,
  part: Partial<IRoleRule> = {}
): IRoleRule {
  const rule = {
    default_replicas: min_replicas,
    primary: false,
    gpu_allowed: true,
    required_by: '',
    plural: '',
    description: ''
  };
  return { name, min_replicas, max_replicas, ...rule, ...part };
}

const worker = role('worker', 1, 64, { primary: true });

export const defaults: IDefaults = {
  project: 'vision',
  environment: 'pytorch',
  environment_frameworks: ['pytorch', 'single'],
  image: 'docker.io/mofang/pytorch:1',
  working_directory: '/home/jovyan',
  shared_directories: ['/home/jovyan', '/projects', '/global'],
  user: 'ada',
  hub_url: '/hub/',
  root_dir: '/',
  frameworks: {
    pytorch: [worker],
    tensorflow: [
      role('chief', 0, 1, { gpu_allowed: false, required_by: 'ps' }),
      worker,
      role('ps', 0, 64, { gpu_allowed: false })
    ],
    mpi: [role('launcher', 1, 1, { gpu_allowed: false }), worker],
    xgboost: [role('master', 1, 1), role('worker', 0, 64, { primary: true })],
    single: [role('worker', 1, 1, { primary: true })]
  },
  limits: {
    replicas: 64,
    gpu: 16,
    cpu: 256,
    memory_min: 2 ** 26,
    memory_max: 2 ** 42
  }
};

function environment(
  name: string,
  display_name: string,
  ...frameworks: string[]
): IEnvironment {
  const image = `docker.io/mofang/${name}:1`;
  const resources = {
    cpu: { default: '1', min: null, max: null },
    memory: { default: '1Gi', min: null, max: null },
    gpu: { default: 0, min: 0, max: 0 }
  };
  const rest = { description: '', image, resources, unavailable_reason: null };
  return { name, display_name, frameworks, ...rest };
}

export const environments: IEnvironmentList = {
  environments: [
    environment('base', 'Python', 'single'),
    environment('pytorch', 'PyTorch', 'pytorch', 'single'),
    environment('ray', 'Ray', 'ray', 'single')
  ],
  allow_any_image: false
};

export const trans = {
  __: (sentence: string, ...values: string[]) =>
    values.reduce(
      (text, value, at) => text.replaceAll(`%${at + 1}`, value),
      sentence
    )
};
