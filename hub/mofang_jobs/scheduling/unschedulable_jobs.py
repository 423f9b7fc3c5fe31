"""Which jobs that were let in find no machines, so that later ones must wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from mofang_jobs.domain.capacity import Empty, fits
from mofang_jobs.domain.models import JobSeen, PodSeen
from mofang_jobs.domain.queue_decisions import Stuck
from mofang_jobs.domain.resource_requests import asks_gpu

HOLD_SECONDS = 1800.0
"""How long one job may hold others back. Machines that are merely in use come free
meanwhile, as nobody passes it; where none do, it waits for something else than room."""


class StuckJobs:
    """Remembers since when jobs find no machines.

    Args:
        pool_of: Returns the name of a project's pool.
        patience: How long a job may be passed by others.
        clock: Steady seconds.
    """

    def __init__(
        self,
        pool_of: Callable[[str], str],
        *,
        patience: timedelta,
        clock: Callable[[], float],
    ) -> None:
        self._pool_of = pool_of
        self._patience = patience.total_seconds()
        self._clock = clock
        self._begun: dict[str, float] = {}

    def among(
        self,
        jobs: Iterable[JobSeen],
        pods: Mapping[str, Sequence[PodSeen]],
        nodes: Sequence[Empty],
    ) -> list[Stuck]:
        """Return those of all running jobs for whose machines others must wait.

        Args:
            jobs: All that were admitted.
            pods: Those of each, by the job's uid.
            nodes: All of the cluster.
        """
        self._begun = {uid: at for uid, at in self._begun.items() if uid in pods}
        candidates = [each for each in jobs if self._waits_long(each, pods[each.uid])]
        found = ((each, self._pool_of(each.project)) for each in candidates)
        return [
            Stuck(
                job=each.id,
                rank=each.spec.priority.rank,
                asks_gpu=asks_gpu(each.spec),
                pool=pool,
            )
            for each, pool in found
            if fits(each.spec, pool, nodes)
        ]

    def _waits_long(self, seen: JobSeen, pods: Sequence[PodSeen]) -> bool:
        if any(pod.node for pod in pods):
            self._begun.pop(seen.uid, None)
            return False
        # Without such a pod it is not machines that the job waits for.
        if not any(pod.unschedulable for pod in pods):
            return False
        now = self._clock()
        waited = now - self._begun.setdefault(seen.uid, now)
        return self._patience <= waited < self._patience + HOLD_SECONDS
