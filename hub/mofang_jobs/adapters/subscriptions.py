"""Notify subscribers of jobs that have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from mofang_jobs.domain.models import ObservedJob
from mofang_jobs.domain.nodes import LOST
from mofang_jobs.engines.object_status import read_job
from mofang_kube.names import JOB_LABEL, JOB_SPEC_ANNOTATION
from mofang_kube.watcher import Change, Watcher


class Subscription:
    """Jobs that changed since they were last taken.

    Args:
        namespace: Of one project; None for all.
    """

    def __init__(self, namespace: str | None) -> None:
        self.namespace = namespace
        self._changed: dict[str, ObservedJob | None] = {}
        self._has_some = asyncio.Event()

    def notify(self, job_id: str, gone: ObservedJob | None = None) -> None:
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

    async def wait(self, seconds: float) -> dict[str, ObservedJob | None]:
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


class Subscriptions:
    """All subscriptions, and the watches that they hear of."""

    def __init__(self) -> None:
        self._open: set[Subscription] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def open(self, namespace: str | None) -> Iterator[Subscription]:
        """Collect changes of one namespace, or all, while the context lasts."""
        subscription = Subscription(namespace)
        self._open.add(subscription)
        try:
            yield subscription
        finally:
            self._open.discard(subscription)

    def notify(self, namespace: str, job_id: str) -> None:
        """Tell of a job that is another now, though no object has changed."""
        for subscription in self._open:
            if subscription.namespace in {None, namespace}:
                subscription.notify(job_id)

    def wake(self) -> None:
        """Let subscribers of all namespaces look, though no job has changed."""
        for subscription in self._open:
            if subscription.namespace is None:
                subscription.wake()

    def follow(self, watcher: Watcher) -> None:
        """Tell subscribers what changes there, from now on."""
        passing_on = self._pass_on(watcher)
        self._tasks.append(asyncio.create_task(passing_on, name="changes of jobs"))

    def follow_nodes(
        self, watcher: Watcher, notify: Callable[[Collection[str]], None]
    ) -> None:
        """Have somebody notified of nodes that are lost or come back, from now on.

        Args:
            watcher: Of nodes, indexed by ``node_index_keys``.
            notify: Gets their names.
        """
        passing_on = _pass_on_nodes(watcher, notify)
        self._tasks.append(asyncio.create_task(passing_on, name="changes of nodes"))

    async def stop(self) -> None:
        """Tell nothing any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_on(self, watcher: Watcher) -> None:
        async for change in watcher.changes():
            self._mark(change)

    def _mark(self, change: Change) -> None:
        metadata = change.object["metadata"]
        job_id = (metadata.get("labels") or {}).get(JOB_LABEL)
        if not job_id:
            return
        is_job = JOB_SPEC_ANNOTATION in (metadata.get("annotations") or {})
        is_gone = change.type == "DELETED" and is_job
        gone = read_job(change.object) if is_gone else None
        for subscription in self._open:
            if subscription.namespace in {None, metadata.get("namespace")}:
                subscription.notify(job_id, gone)


async def _pass_on_nodes(
    watcher: Watcher, notify: Callable[[Collection[str]], None]
) -> None:
    known: set[str] = set()
    async for _ in watcher.changes():
        lost = {each["metadata"]["name"] for each in watcher.indexed(LOST)}
        if lost != known:
            notify(lost ^ known)
            known = lost
