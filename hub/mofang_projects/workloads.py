"""What runs in a project: servers, and jobs of every engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mofang_jobs.engines.base import Engine
from mofang_jobs.engines.object_status import has_ended
from mofang_jobs.engines.registry import ENGINES, KINDS
from mofang_kube.names import JOB_LABEL
from mofang_kube.objects import Manifest, ObjectStorage

_LIVE = {"Pending", "Running", "Unknown"}
"""Phases of pods that have not ended; of a lost node's nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workloads:
    """How many servers and jobs have not ended."""

    servers: int
    jobs: int

    def summary(self) -> str:
        """Name them, such as "2 servers and 1 job run"; empty if there are none."""
        counted = [(self.servers, "server"), (self.jobs, "job")]
        named = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counted if n]
        if not named:
            return ""
        verb = "runs" if self.servers + self.jobs == 1 else "run"
        return f"{' and '.join(named)} {verb}"


async def find_workloads(objects: ObjectStorage, namespace: str) -> Workloads:
    """Count what has not ended in a namespace.

    A job counts as long as its object has not finished, also while it waits in the
    queue without pods, and as long as one of its pods is there. Jobs that were not
    submitted through the platform count, too.

    Raises:
        MofangError: Kubernetes does not tell; nobody may take that for "nothing".
    """
    pods = await objects.list_objects("v1", "Pod", namespace=namespace)
    live = [pod for pod in pods if (pod.get("status") or {}).get("phase") in _LIVE]
    jobs = set(filter(None, map(_job_of, live)))
    for engine in ENGINES:
        for kind in engine.kinds:
            found = await objects.list_objects(
                kind.api_version, kind.kind, namespace=namespace
            )
            jobs |= set(_unfinished(engine, kind.kind, found))
    servers = sum(1 for pod in live if not _job_of(pod))
    return Workloads(servers=servers, jobs=len(jobs))


def _unfinished(engine: Engine, kind: str, found: Iterable[Manifest]) -> Iterable[str]:
    """Name the jobs that have not ended, by the platform's id where they have one."""
    for obj in found:
        conditions = engine.read_conditions(obj.get("status") or {})
        if _is_made_by_another(obj) or has_ended(conditions):
            continue
        yield _job_of(obj) or f"{kind}/{obj['metadata']['name']}"


def _job_of(obj: Manifest) -> str | None:
    return (obj["metadata"].get("labels") or {}).get(JOB_LABEL)


def _is_made_by_another(obj: Manifest) -> bool:
    """Say whether a job that is counted made it, as a TrainJob makes a JobSet."""
    owners = obj["metadata"].get("ownerReferences") or []
    kinds = {kind.kind for kind in KINDS}
    return any(each.get("controller") and each["kind"] in kinds for each in owners)
