/**
 * What the form says of each framework.
 *
 * Made from mofang_api.frameworks by extensions/client/write_frameworks.py: edit there.
 */
export interface IFrameworkText {
  label: string;
  /** What is started, in each replica or for all of them. */
  description: string;
}

export const DEFAULT_FRAMEWORK = 'pytorch';
export const NOTEBOOK_FRAMEWORK = 'single';

export function frameworkTexts(trans: {
  __(sentence: string): string;
}): Record<string, IFrameworkText> {
  return {
    pytorch: {
      label: trans.__('PyTorch (torchrun)'),
      description: trans.__(
        "Starts torchrun with the replicas' ranks; one process per GPU, or as many as Processes per replica says."
      )
    },
    tensorflow: {
      label: trans.__('TensorFlow (TF_CONFIG)'),
      description: trans.__('Starts the program, with TF_CONFIG set.')
    },
    jax: {
      label: trans.__('JAX (jax.distributed)'),
      description: trans.__(
        'Starts the program in every worker, with its number and the address of the first, the coordinator.'
      )
    },
    horovod: {
      label: trans.__('Horovod (mpirun)'),
      description: trans.__(
        'Starts mpirun in the launcher, which starts the ranks in the workers over SSH; the launcher computes nothing.'
      )
    },
    mpi: {
      label: trans.__('MPI (mpirun)'),
      description: trans.__(
        'Starts mpirun in the launcher, which starts the ranks in the workers over SSH; the launcher computes nothing.'
      )
    },
    xgboost: {
      label: trans.__('XGBoost'),
      description: trans.__(
        'Starts the program in the master and the workers, with its rank and the address of rank 0.'
      )
    },
    spark: {
      label: trans.__('Spark'),
      description: trans.__(
        'Starts a standalone cluster for the time of the job; the driver runs the script.'
      )
    },
    ray: {
      label: trans.__('Ray'),
      description: trans.__(
        'Starts a Ray cluster for the time of the job; the head runs the script.'
      )
    },
    single: {
      label: trans.__('Single process (no framework)'),
      description: trans.__('Starts one program in one container.')
    }
  };
}
