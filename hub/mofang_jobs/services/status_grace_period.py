"""How long a failed job is given until its pods tell why, by a steady clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from mofang_jobs.domain.models import JobSeen, PodSeen
from mofang_jobs.domain.status import blamed_pod

SETTLE_SECONDS = 10.0


class Settling:
    """Remembers since when jobs have failed without a failed pod.

    Jobs and pods come by two watches, and the job's failure may be told first: then
    a script that failed would look like containers that were removed.

    Args:
        seconds: How long to wait for a failed pod.
        clock: Steady seconds.
    """

    def __init__(
        self,
        seconds: float = SETTLE_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._since: dict[str, float] = {}

    def is_over(self, seen: JobSeen, pods: Sequence[PodSeen]) -> bool:
        """Say whether it is known why a job failed, or will not become known."""
        if blamed_pod(pods):
            return True
        now = self._clock()
        return now - self._since.setdefault(seen.uid, now) >= self._seconds

    def keep(self, uids: Collection[str]) -> None:
        """Forget all jobs but these."""
        for uid in self._since.keys() - set(uids):
            del self._since[uid]
