"""Turn what is asked into a job: look at it first, make it, make it again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import structlog
import yaml

from mofang.models import Engine, Framework, JobSpec, Preview, QuotaCost, RestartRecord
from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.adapters.quotas import Quotas
from mofang_jobs.domain.capacity import Empty, alike, excluded_nodes
from mofang_jobs.domain.capacity_warnings import outlook
from mofang_jobs.domain.models import Caller, JobSeen, Manifest, NewJob
from mofang_jobs.domain.resource_requests import CPU, GPU, MEMORY, PODS, demand_of
from mofang_jobs.engines.rendering import render
from mofang_jobs.engines.workload_kinds import KINDS, Kind, choose_kind
from mofang_jobs.scheduling.pod_group_controller import Gangs
from mofang_jobs.services.job_validator import Admission
from mofang_kube.errors import InvalidError, RefusedError
from mofang_spawner.environments.models import Project
from mofang_spawner.volumes.homes import ensure_home

log = structlog.get_logger(__name__)

_SHOWN = {CPU: "cpu", MEMORY: "memory", GPU: "gpu", PODS: "pods"}


class Submissions:
    """Makes jobs.

    Args:
        board: What is there.
        engine: Makes objects.
        admission: What a job may ask for.
        quotas: What projects may use.
        gangs: What pods need for their gang.
        homes: Where the homes of all users are; None where they cannot be seen.
    """

    def __init__(
        self,
        *,
        board: Board,
        engine: JobEngine,
        admission: Admission,
        quotas: Quotas,
        gangs: Gangs,
        homes: Path | None = None,
    ) -> None:
        self._board = board
        self._engine = engine
        self._admission = admission
        self._quotas = quotas
        self._gangs = gangs
        self._homes = homes

    async def submit(self, caller: Caller, project: Project, spec: JobSpec) -> Manifest:
        """Create a job that waits to be let in.

        Raises:
            MofangError: The job may not be, or Kubernetes would not.
        """
        kind = self._kind(spec)
        new = await self._admission.admit(caller, project, spec)
        # Who submits from a laptop may never have started a server.
        await ensure_home(self._homes, caller.name)
        return await self._create(kind, new)

    async def resubmit(self, seen: JobSeen, record: RestartRecord) -> Manifest:
        """Create the next attempt of a job.

        Raises:
            MofangError: It may no longer be, or Kubernetes would not.
        """
        if seen.is_newer:
            raise InvalidError(
                "It was submitted to a newer version of the platform, and this version "
                "does not know all that it asks for. Submit it again."
            )
        # Just after our start nobody may have asked for projects yet.
        await self._admission.ready()
        admitted = self._admission.readmit(seen)
        restarts = (*seen.restarts, record)
        new = replace(
            admitted,
            id=seen.id,
            attempt=seen.attempt + 1,
            restarts=restarts,
            excluded_nodes=excluded_nodes(
                seen.spec, admitted.pool, restarts, self._nodes()
            ),
            submitted=seen.created,
        )
        return await self._create(self._kind(seen.spec), new)

    async def _create(self, kind: Kind, new: NewJob) -> Manifest:
        objects = render(kind, new, self._board.machines, self._gangs.marks_of(new))
        obj = await self._engine.create(kind, objects)
        self._board.put(obj)
        return obj

    async def preview(self, caller: Caller, project: Project, spec: JobSpec) -> Preview:
        """Return what a job would be; nothing is made."""
        faults: dict[str, str] = {}
        try:
            kind: Kind | None = self._kind(spec)
        except InvalidError as err:
            kind, faults = None, dict(err.fields)
        try:
            new = await self._admission.admit(caller, project, spec)
        except RefusedError as err:
            faults |= err.fields or {"": err.message}
            new = self._admission.draft(caller, project, spec)
        objects: list[Manifest] = []
        if kind:
            objects = render(kind, new, self._board.machines, self._gangs.marks_of(new))
        return Preview(
            manifest=yaml.safe_dump_all(objects, sort_keys=False),
            engine=kind.kind if kind else "",
            cost=self._cost(project.name, spec),
            notes=outlook(spec, project.pool, alike(self._board.nodes)),
            fields=faults,
        )

    def _nodes(self) -> list[Empty]:
        return [Empty.from_node(each) for each in self._board.nodes]

    def _kind(self, spec: JobSpec) -> Kind:
        kind = choose_kind(spec.framework, spec.engine, self._board.kinds)
        if kind is not None:
            return kind
        field = "framework" if spec.engine is None else "engine"
        raise InvalidError(
            _no_engine(spec.framework, spec.engine),
            fields={field: _no_engine(spec.framework, spec.engine)},
        )

    def _cost(self, project: str, spec: JobSpec) -> list[QuotaCost]:
        hard, used = self._quotas.hard(project), self._quotas.used(project)
        asked = demand_of(spec)
        return [
            QuotaCost(
                resource=shown,
                asked=float(asked[name]),
                used=float(used.get(name, 0)),
                limit=float(hard[name]) if name in hard else None,
            )
            for name, shown in _SHOWN.items()
        ]


_INSTALLING = (
    "If the platform was started a few minutes ago, it may still be installing: try "
    "again in a minute."
)


def _no_engine(framework: Framework, engine: Engine | None) -> str:
    if engine is None:
        return (
            f"Nothing that runs {framework} jobs is installed on this cluster. "
            f"{_INSTALLING} Otherwise ask an administrator to install the Kubeflow "
            "Training Operator or JobSet."
        )
    if choose_kind(framework, engine, KINDS) is None:
        return (
            f"The engine {engine} does not run {framework} jobs. Leave the engine out "
            "to have one chosen."
        )
    return (
        f"The engine {engine} is not installed on this cluster. {_INSTALLING} Leave "
        "the engine out to have one chosen."
    )
