"""Settle what was made for a job before the job, by a process that has ended since.

Some engines want an object before the job itself, which then cannot name its owner yet.
If the job is there, it is given that owner; if the job never came to be, it is removed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.adapters.job_storage import JobStorage
from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.base import Engine
from mofang_jobs.engines.registry import ENGINES
from mofang_kube.errors import MofangError
from mofang_kube.leader import Leads, always

log = structlog.get_logger(__name__)

PERIOD_SECONDS = 10.0
WAIT_SECONDS = 30.0
"""How long another copy of the service may take from the first object to the job."""


class UnownedPrerequisites:
    """Looks again and again for what has no owner.

    Args:
        cache: Knows which kinds of jobs there are.
        job_storage: Finds and changes objects.
        leads: Says whether this process acts.
        clock: Steady seconds.
    """

    def __init__(
        self,
        cache: JobCache,
        job_storage: JobStorage,
        *,
        leads: Leads = always,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cache = cache
        self._job_storage = job_storage
        self._leads = leads
        self._clock = clock
        self._unowned_since: dict[str, float] = {}
        """By uid."""

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        await self._cache.wait_for_sync()
        while True:
            try:
                await self.resolve()
            except MofangError as err:
                log.warning("objects without owners are not listed", error=str(err))
            await asyncio.sleep(PERIOD_SECONDS)

    async def resolve(self) -> None:
        """Look once.

        Raises:
            MofangError: Kubernetes does not say what there is.
        """
        if not self._leads():
            return
        served = {kind.kind for kind in self._cache.kinds}
        seen: dict[str, float] = {}
        for engine in ENGINES:
            if not any(kind.kind in served for kind in engine.kinds):
                continue
            for resource in engine.prerequisites:
                for each in await self._job_storage.list_unowned(resource):
                    uid = each["metadata"]["uid"]
                    seen[uid] = self._unowned_since.get(uid, self._clock())
                    await self._try_to_resolve(engine, each, seen[uid])
        self._unowned_since = seen

    async def _try_to_resolve(
        self, engine: Engine, found: Manifest, since: float
    ) -> None:
        try:
            await self._resolve(engine, found, since)
        except MofangError as err:
            # The next look tries again.
            name = found["metadata"]["name"]
            log.warning("object without an owner stays", job=name, error=str(err))

    async def _resolve(self, engine: Engine, found: Manifest, since: float) -> None:
        metadata = found["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        for kind in engine.kinds:
            job = await self._job_storage.find(kind, namespace, name)
            if job is not None:
                await self._job_storage.set_owner(found, job)
                log.info("object got its owner", kind=found["kind"], job=name)
                return
        if self._clock() - since >= WAIT_SECONDS:
            await self._job_storage.delete_unowned(found)
            log.info("object without a job removed", kind=found["kind"], job=name)
