"""Who is told which jobs have changed."""

from __future__ import annotations

import asyncio

from mofang_hub.jobs.models import JobSeen


class Subscription:
    """Jobs that changed since they were last taken.

    Args:
        namespace: Of one project; None for all.
    """

    def __init__(self, namespace: str | None) -> None:
        self.namespace = namespace
        self._changed: dict[str, JobSeen | None] = {}
        self._has_some = asyncio.Event()

    def mark(self, job_id: str, gone: JobSeen | None = None) -> None:
        """Note a change; several of one job count once.

        Args:
            job_id: Whose.
            gone: The job as it was last, if the change is that it is gone.
        """
        self._changed[job_id] = gone or self._changed.get(job_id)
        self._has_some.set()

    def wake(self) -> None:
        """Let who takes look, though no job has changed."""
        self._has_some.set()

    async def take(self, seconds: float) -> dict[str, JobSeen | None]:
        """Return changed jobs by id; none if nothing changed for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._has_some.wait()
        except TimeoutError:
            return {}
        changed = dict(self._changed)
        self._changed.clear()
        self._has_some.clear()
        return changed
