"""Which resources of the cluster run jobs, and how each of them differs. Pure.

One row per kind: where it is in the API, which frameworks it runs, what it calls their
roles, and where it says what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mofang_api.models import Engine, Framework
from mofang_jobs.engines.role_names import (
    all_frameworks,
    frameworks_led_by,
    frameworks_with,
)

REPLICA_INDEX = "training.kubeflow.org/replica-index"
COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkloadKind:
    """One kind of resource that runs jobs."""

    engine: Engine
    kind: str
    group: str
    version: str
    plural: str
    container: str
    """Name of the container that runs the script."""

    roles: Mapping[Framework, Mapping[str, str]]
    """For each framework it runs, what it calls the roles."""

    suspend: tuple[str, ...]
    """Path of the field that holds a job back."""

    index_label: str = REPLICA_INDEX
    has_hosts: bool = True
    """Whether replicas have names in the cluster's DNS."""

    explains_failures: bool = False
    """Whether the message of its condition tells why the script failed."""

    port_name: str = ""
    replicas: str = ""
    """Field of the Training Operator that holds the replicas."""

    @property
    def api_version(self) -> str:
        """As objects name it."""
        return f"{self.group}/{self.version}"

    @property
    def api_path(self) -> str:
        """Path of its collection in all namespaces."""
        return f"/apis/{self.api_version}/{self.plural}"

    def host_of(self, name: str, framework: Framework, role: str) -> str:
        """Return the host name of a role's replicas, with ``{index}`` in it.

        Args:
            name: Of the object.
            framework: Of the job.
            role: As people call it.
        """
        if not self.has_hosts:
            return ""
        own = self.roles[framework][role].lower()
        if self.engine is Engine.KUBEFLOW_V1:
            return f"{name}-{own}-{{index}}"
        return f"{name}-{own}-0-{{index}}.{name}"


def _kubeflow(
    kind: str, container: str, short: str, roles: Mapping[Framework, Mapping[str, str]]
) -> WorkloadKind:
    return WorkloadKind(
        engine=Engine.KUBEFLOW_V1,
        kind=kind,
        group="kubeflow.org",
        version="v1",
        plural=f"{kind.lower()}s",
        container=container,
        roles=roles,
        suspend=("spec", "runPolicy", "suspend"),
        has_hosts=kind != "MPIJob",
        port_name=f"{kind.lower()}-port",
        replicas=f"{short}ReplicaSpecs",
    )


PYTORCH_JOB = _kubeflow(
    "PyTorchJob", "pytorch", "pytorch", frameworks_with({"worker": "Worker"})
)
MPI_JOB = _kubeflow(
    "MPIJob",
    "mpi",
    "mpi",
    frameworks_with({"launcher": "Launcher", "worker": "Worker"}),
)
XGBOOST_JOB = _kubeflow(
    "XGBoostJob",
    "xgboost",
    "xgb",
    frameworks_with({"master": "Master", "worker": "Worker"}),
)
# The chief's end is the job's; no other kind of the operator lets a first replica
# decide without an init container of the operator's own.
TF_JOB = _kubeflow(
    "TFJob",
    "tensorflow",
    "tf",
    {
        **frameworks_with({"chief": "Chief", "ps": "PS", "worker": "Worker"}),
        **frameworks_led_by(
            "Chief", but_for=(PYTORCH_JOB.roles, MPI_JOB.roles, XGBOOST_JOB.roles)
        ),
    },
)
JOB_SET = WorkloadKind(
    engine=Engine.JOBSET,
    kind="JobSet",
    group="jobset.x-k8s.io",
    version="v1alpha2",
    plural="jobsets",
    container="replica",
    roles=all_frameworks(),
    suspend=("spec", "suspend"),
    index_label=COMPLETION_INDEX,
)
TRAIN_JOB = WorkloadKind(
    engine=Engine.TRAINER_V2,
    kind="TrainJob",
    group="trainer.kubeflow.org",
    version="v1alpha1",
    plural="trainjobs",
    container="node",
    roles=frameworks_with({"worker": "node"}),
    suspend=("spec", "suspend"),
    index_label=COMPLETION_INDEX,
)

RAY_JOB = WorkloadKind(
    engine=Engine.RAY_OPERATOR,
    kind="RayJob",
    group="ray.io",
    version="v1",
    plural="rayjobs",
    container="ray",
    roles=frameworks_with({"head": "head", "worker": "worker"}),
    suspend=("spec", "suspend"),
    index_label="ray.io/node-type",
    has_hosts=False,
    explains_failures=True,
)

KINDS = (PYTORCH_JOB, TF_JOB, MPI_JOB, XGBOOST_JOB, TRAIN_JOB, JOB_SET, RAY_JOB)
"""In the order in which they are preferred."""

CONTAINERS = frozenset(kind.container for kind in KINDS)


def kind_by_name(name: str) -> WorkloadKind:
    """Return a kind by its name in the API.

    Raises:
        KeyError: There is none.
    """
    return _BY_NAME[name]


_BY_NAME = {kind.kind: kind for kind in KINDS}


def select_kind(
    framework: Framework, wanted: Engine | None, served: Collection[WorkloadKind]
) -> WorkloadKind | None:
    """Return the kind that runs a framework's jobs here; None if none does.

    Args:
        framework: Of the job.
        wanted: The engine that was asked for.
        served: Kinds that the cluster has.
    """
    for kind in KINDS:
        if kind not in served or framework not in kind.roles:
            continue
        if wanted is None or kind.engine is wanted:
            return kind
    return None
