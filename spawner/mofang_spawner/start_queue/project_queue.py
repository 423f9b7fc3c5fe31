"""The queue of this hub: a project's starts wait for its quota, in the order they came.

It is in the hub's memory, as the starts are: a hub that is started anew has neither,
and whoever waited queues again. The API server decides in the end; a pod that it
refuses although the start was admitted sends the start back, and nobody else waits for
that.
"""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field

from mofang_kube.errors import QuotaError
from mofang_kube.free_capacity import FreeCapacity
from mofang_spawner.environments.quota import read_quota
from mofang_spawner.start_queue.decisions import (
    PendingStart,
    decide,
    describe_never,
)
from mofang_spawner.start_queue.interface import StartPosition, StartRequest

POLL_SECONDS = 2.0
"""Between two decisions while nothing of the queue changes: as old as the count is."""

REFUSAL_SECONDS = 2.0
"""Until a start is tried again whose pod was refused, the first time: quotas are
counted anew within seconds after a pod has gone. Each time it is twice as long."""

_LONGEST_REFUSAL_SECONDS = 30.0

_UNCOUNTED_SECONDS = 30.0
"""After which a pod counts as counted, whatever the watch says."""

FreeCapacitySource = Callable[[], FreeCapacity | None]


@dataclass(slots=True, eq=False)
class _Entry:
    """One start in the queue."""

    queue: "ProjectStartQueue"
    key: int
    request: StartRequest
    since: float
    refusal: str = ""
    refusals: int = 0
    refused_until: float = 0.0
    is_admitted: bool = False
    uid: str = ""
    """Of its pod."""

    created: float = 0.0
    """When that was made."""

    async def positions(self) -> AsyncGenerator[StartPosition]:
        """Yield each position that differs from the last; end once it is admitted."""
        last: StartPosition | None = None
        while True:
            changed = self.queue.changed
            position = self.queue.decide(self)
            if position is None:
                return
            if position != last:
                yield position
                last = position
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.queue.poll_seconds):
                    await changed.wait()

    def refuse(self, reason: str) -> None:
        """Send it back: its pod was refused."""
        self.refusal, self.is_admitted = reason, False
        pause = self.queue.refusal_seconds * 2**self.refusals
        self.refused_until = self.queue.now() + min(pause, _LONGEST_REFUSAL_SECONDS)
        self.refusals += 1
        self.queue.wake()

    def record_pod(self, uid: str) -> None:
        """Note that the pod is there."""
        self.uid, self.created = uid, self.queue.now()


@dataclass(slots=True, eq=False)
class ProjectStartQueue:
    """Admits starts by their projects' quotas.

    Args:
        free_capacity: What the cluster has free; None as long as nobody knows.
    """

    free_capacity: FreeCapacitySource
    starvation_seconds: float = 600.0
    """How long smaller servers may be admitted before an older one."""

    now: Callable[[], float] = time.monotonic
    poll_seconds: float = POLL_SECONDS
    refusal_seconds: float = REFUSAL_SECONDS
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and replaced, when something of the queue has changed."""

    _entries: dict[str, list[_Entry]] = field(default_factory=dict)
    _keys: Iterator[int] = field(default_factory=itertools.count)

    @contextlib.contextmanager
    def enter(self, request: StartRequest) -> Iterator[_Entry]:
        """Add a start behind the others of its project, until the context is left.

        Raises:
            QuotaError: It asks for more than the project's whole quota.
        """
        project = request.project
        quota = read_quota(self.free_capacity(), project)
        never = describe_never(quota, request.amounts, project.display_name)
        if never:
            raise QuotaError(never)
        entry = _Entry(self, next(self._keys), request, self.now())
        self._entries.setdefault(project.name, []).append(entry)
        try:
            yield entry
        finally:
            self._remove(entry)
            self.wake()

    def wake(self) -> None:
        """Have everybody who waits look again."""
        self.changed.set()
        self.changed = asyncio.Event()

    def decide(self, entry: _Entry) -> StartPosition | None:
        """Return why a start waits on; None once it is admitted, which reserves.

        Args:
            entry: One that is in the queue.
        """
        if entry.is_admitted:
            return None
        project = entry.request.project
        free, now = self.free_capacity(), self.now()
        self._drop_counted(project.name, free, now)
        quota = read_quota(free, project)
        pending = []
        for each in self._entries[project.name]:
            if each.is_admitted:
                quota = quota.plus(each.request.amounts)
            else:
                pending.append(_pending(each, now))
        position = decide(
            pending,
            quota,
            project=project.display_name,
            now=now,
            starvation_seconds=self.starvation_seconds,
        )[entry.key]
        if position is None:
            entry.is_admitted = True
            self.wake()
        return position

    def _drop_counted(
        self, project: str, free: FreeCapacity | None, now: float
    ) -> None:
        """Forget the starts whose pods are among what the namespace holds."""
        for each in list(self._entries[project]):
            if each.uid and (
                now - each.created > _UNCOUNTED_SECONDS
                or (free is not None and free.counts(each.uid))
            ):
                self._remove(each)

    def _remove(self, entry: _Entry) -> None:
        project = entry.request.project.name
        left = [each for each in self._entries.get(project, ()) if each is not entry]
        if left:
            self._entries[project] = left
        else:
            self._entries.pop(project, None)


def _pending(entry: _Entry, now: float) -> PendingStart:
    return PendingStart(
        key=entry.key,
        since=entry.since,
        amounts=entry.request.amounts,
        refusal=entry.refusal if now < entry.refused_until else "",
    )
