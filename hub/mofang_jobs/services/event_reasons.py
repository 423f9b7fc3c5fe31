"""Why a job does not start, where only the cluster's events tell.

Events are read for one job while somebody looks at it, and kept for some seconds;
they are never collected for whole namespaces. The API server looks through all events
of the namespace for each such request: there are only so many of them in a second, and
nobody waits for them longer than they like.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence

import structlog
from aiolimiter import AsyncLimiter
from cachetools import LRUCache

from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.domain.models import ObservedJob, ObservedPod
from mofang_jobs.domain.status import requires_events
from mofang_jobs.domain.termination_message import shortened
from mofang_kube.errors import ClusterError

log = structlog.get_logger(__name__)

KEEP_SECONDS = 4.0
USUAL_START_SECONDS = 3.0
"""Of pods that have not started for less than this, events tell nothing that would not
be over at the next look."""

MOST_PER_SECOND = 3
"""Jobs whose events are read, of all who look. The API server keeps no cache of events:
where a namespace has some thousands, each request takes it a tenth of a second."""

ANSWER_SECONDS = 5.0
MOST_KEPT = 2000

_QUOTA = re.compile(
    r"exceeded quota: \S+, requested: (?P<asked>\S+), used: (?P<used>\S+), "
    r"limited: (?P<limit>\S+)"
)


class EventReasons:
    """Finds and keeps the sentences that events make.

    Args:
        source: Where events are read.
        clock: Steady seconds.
        rate: How many jobs' events are read in a time; None for the usual.
        answer_seconds: How long one answer may take.
        usual_start_seconds: How long a job may be starting before pages of jobs read
            its events.
    """

    def __init__(
        self,
        source: PodStorage,
        *,
        clock: Callable[[], float] = time.monotonic,
        rate: AsyncLimiter | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        usual_start_seconds: float = USUAL_START_SECONDS,
    ) -> None:
        self._source = source
        self._clock = clock
        self._answer_seconds = answer_seconds
        self._usual_start_seconds = usual_start_seconds
        # Not by age: what is old is shown until it is read anew.
        self._kept: LRUCache[str, tuple[float, str | None]] = LRUCache(MOST_KEPT)
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._since: LRUCache[str, float] = LRUCache(MOST_KEPT)
        self._rate = rate or AsyncLimiter(MOST_PER_SECOND, 1)

    def cached(self, job: ObservedJob) -> str | None:
        """Return what is known of a job without asking."""
        return self._kept.get(job.uid, (0.0, None))[1]

    def request(
        self,
        job: ObservedJob,
        pods: Sequence[ObservedPod],
        *,
        at_once: bool = False,
    ) -> asyncio.Task[None] | None:
        """Begin to read why a job does not start, unless that is known.

        Args:
            job: The job.
            pods: Its pods.
            at_once: Also of a job that has been starting for no longer than is usual.

        Returns:
            What ends once ``cached`` has it, and never fails; None where there is
            nothing to wait for. Several who ask share it, so that it is not to be
            cancelled.
        """
        if not requires_events(job, pods):
            self._kept.pop(job.uid, None)
            self._since.pop(job.uid, None)
            return None
        now = self._clock()
        starting = now - self._since.setdefault(job.uid, now)
        if starting < self._usual_start_seconds and not at_once:
            return None
        reading = self._reading.get(job.uid)
        if reading is None and now >= self._kept.get(job.uid, (0.0, None))[0]:
            reading = asyncio.create_task(self._read(job, pods))
            self._reading[job.uid] = reading
            reading.add_done_callback(lambda _: self._reading.pop(job.uid, None))
        return reading

    async def _read(self, job: ObservedJob, pods: Sequence[ObservedPod]) -> None:
        note = None
        try:
            async with self._rate, asyncio.timeout(self._answer_seconds):
                note = await self._ask(job, pods)
        except TimeoutError:
            pass  # The API server is busy; the next look asks again.
        except Exception:
            log.exception("events cannot be read", project=job.project, job=job.id)
        self._kept[job.uid] = (self._clock() + KEEP_SECONDS, note)

    async def _ask(self, job: ObservedJob, pods: Sequence[ObservedPod]) -> str | None:
        waiting = [pod for pod in pods if pod.started is None]
        # Without pods it is the job that events are about.
        names = [job.object_name, *(pod.name for pod in waiting[:1])]
        try:
            for name in reversed(names):
                for reason, message in reversed(
                    await self._source.warnings(job.namespace, name)
                ):
                    if text := event_message(reason, message):
                        return text
        except ClusterError:
            # A job can be shown without it; the next look asks again.
            return None
        return None


def event_message(reason: str, message: str) -> str | None:
    """Return what a warning means to the owner of a job; None if nothing."""
    quota = _QUOTA.search(message)
    if quota:
        return _quota_message(quota)
    if reason in {"FailedCreatePod", "FailedCreate"}:
        return f"Its pods cannot be created: {shortened(message)}"
    if reason in {"FailedMount", "FailedAttachVolume"}:
        return f"Its volumes cannot be mounted: {shortened(message)}"
    if reason == "FailedCreatePodSandBox":
        return f"The sandbox of its pod cannot be created yet: {shortened(message)}"
    return None


def _quota_message(quota: re.Match[str]) -> str:
    asked, used, limits = (_amounts(quota[name]) for name in ("asked", "used", "limit"))
    parts = [
        f"{amount} of {what.replace('nvidia.com/gpu', 'GPU')} more, and {used[what]} "
        f"of {limits[what]} are in use"
        for what, amount in asked.items()
        if what in used and what in limits
    ]
    return (
        f"The project's quota is exceeded: the job asks for {'; '.join(parts)}. "
        "It starts when other jobs or servers of the project end."
    )


def _amounts(text: str) -> dict[str, str]:
    """Read ``requests.cpu=2,pods=1`` into amounts by the name of the resource."""
    found = (part.partition("=") for part in text.split(","))
    return {
        name.removeprefix("requests.").removeprefix("limits."): amount
        for name, _, amount in found
    }
