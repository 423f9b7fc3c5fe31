"""The engines there are, and what everything else asks of all of them. Pure.

A new engine is a module with a subclass of ``Engine`` and a line in ``ENGINES``.
"""

from __future__ import annotations

from collections.abc import Collection

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_jobs.engines.base import Engine, WorkloadKind
from mofang_jobs.engines.jobset import JobSet
from mofang_jobs.engines.kubeflow_v1 import KubeflowV1
from mofang_jobs.engines.kuberay import KubeRay
from mofang_jobs.engines.trainer_v2 import TrainerV2

ENGINES: tuple[Engine, ...] = (KubeflowV1(), TrainerV2(), JobSet(), KubeRay())
"""In the order in which they are preferred."""

KINDS: tuple[WorkloadKind, ...] = tuple(
    kind for engine in ENGINES for kind in engine.kinds
)

CONTAINERS = frozenset(kind.container for kind in KINDS)
"""Names of the containers that run scripts."""

INDEX_LABELS = tuple(dict.fromkeys(engine.index_label for engine in ENGINES))
"""Labels of pods, of which one has the replica's index."""

RETRIED_REFUSALS = tuple(part for engine in ENGINES for part in engine.retried_refusals)

_KINDS = {kind.kind: kind for kind in KINDS}
_ENGINES = {engine.name: engine for engine in ENGINES}


def kind_by_name(name: str) -> WorkloadKind:
    """Return a kind by its name in the API.

    Raises:
        KeyError: There is none.
    """
    return _KINDS[name]


def engine_of(kind: WorkloadKind) -> Engine:
    """Return the engine of a kind."""
    return _ENGINES[kind.engine]


def select_kind(
    framework: Framework, wanted: EngineName | None, served: Collection[WorkloadKind]
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
