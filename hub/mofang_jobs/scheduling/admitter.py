"""Let one job run: its gang first, then the job itself."""

from __future__ import annotations

from typing import Protocol

from mofang_jobs.adapters.cache import Board
from mofang_jobs.adapters.job_storage import JobEngine
from mofang_jobs.domain.models import JobSeen, Manifest
from mofang_jobs.engines.object_status import read_job
from mofang_jobs.engines.workload_kinds import kind_named
from mofang_kube.errors import ConflictError

TRIES = 10


class GangMaker(Protocol):
    """Who makes what binds a job's replicas together."""

    async def ensure(self, seen: JobSeen, owner: Manifest) -> None:
        """Make it, owned by the job's object; what is there stays."""


class Starter:
    """Lets jobs run.

    Args:
        board: What is there.
        engine: Changes it.
        gangs: Bind replicas together.
    """

    def __init__(self, board: Board, engine: JobEngine, gangs: GangMaker) -> None:
        self._board = board
        self._engine = engine
        self._gangs = gangs

    async def release(self, seen: JobSeen) -> None:
        """Let a waiting job run, unless it was cancelled or is gone.

        Killed anywhere in between, the job still waits and all of it is done again.
        """
        kind = kind_named(seen.kind)
        obj = self._board.find_object(seen.project, seen.id)
        for _ in range(TRIES):
            fresh = read_job(obj) if obj else None
            if obj is None or fresh is None or not fresh.is_waiting:
                return
            if fresh.is_newer:
                raise ConflictError(
                    "It was submitted to a newer version of the platform, which has to "
                    "start it."
                )
            await self._gangs.ensure(fresh, obj)
            try:
                changed = await self._engine.release(kind, obj)
            except ConflictError:
                obj = await self._engine.find(kind, seen.namespace, fresh.object_name)
                if obj:
                    self._board.put(obj)
                continue
            self._board.put(changed)
            return
        raise ConflictError(f"The job {seen.id} changes too fast to be started.")
