"""Follow all pods of servers and jobs, and keep the ledger by what they say."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import aclosing

from sqlalchemy.exc import SQLAlchemyError

from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.intervals import DAY
from mofang_hub.usage.pods import Manifest, ObservedAllocation, read_pod
from mofang_kube.changes import Change
from mofang_kube.names import GPU_PRODUCT
from mofang_kube.watcher import Watcher, object_key

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 30.0
"""How often is written until when pods were observed."""

WRITE_SECONDS = 1.0

RETRY_SECONDS = 10.0
_LONGEST_GAP = 7
"""Days without a ledger after which nothing is removed on the first day: the clock may
have been set wrong."""


class UsageRecorder:
    """Writes what begins and ends, until it is cancelled.

    Args:
        book: The ledger.
        pods: Watches of the pods that count; started by their owner.
        find_node: Returns a node by its name, with its labels; None if there is none.
        keep_days: For how many days intervals are kept.
        clock: Unix time of this node, as watches note it with each event.
        write_seconds: Time between two writes of what has changed.
    """

    def __init__(
        self,
        book: UsageBook,
        pods: Iterable[Watcher],
        find_node: Callable[[str], Manifest | None],
        *,
        keep_days: int,
        clock: Callable[[], float] = time.time,
        write_seconds: float = WRITE_SECONDS,
    ) -> None:
        self._book = book
        self._pods = list(pods)
        self._find_node = find_node
        self._keep_days = keep_days
        self._clock = clock
        self._write_seconds = write_seconds
        self._changed = asyncio.Event()
        self._loaded = asyncio.Event()
        self._heartbeat = float("-inf")
        self._day: int | None = None
        """On which was last looked for what is expired."""

    async def run(self) -> None:
        """Follow the pods, until cancelled."""
        self._loaded.clear()
        async with asyncio.TaskGroup() as tasks:
            # Subscribed before anything is read, so that no change falls in between.
            for watcher in self._pods:
                tasks.create_task(self._follow(watcher))
            for watcher in self._pods:
                await watcher.has_synced.wait()
            await self._begin()
            while True:
                await self._write()
                await asyncio.sleep(self._write_seconds)
                try:
                    async with asyncio.timeout(HEARTBEAT_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    continue

    async def _begin(self) -> None:
        """Go on from what was written, with the pods as they are."""
        while True:
            try:
                ledger = await self._book.load(self._present())
                break
            except SQLAlchemyError as err:
                log.warning("The usage ledger cannot be read yet: %s", err)
                await asyncio.sleep(RETRY_SECONDS)
        for watcher in self._pods:
            for pod in watcher.objects.values():
                if found := self._read(pod):
                    ledger.observe(found, self._book.now)
        ledger.reconcile(self._present())
        self._day = (ledger.last_observed or self._book.now) // DAY
        self._loaded.set()

    async def _follow(self, watcher: Watcher) -> None:
        async with aclosing(watcher.changes()) as changes:
            async for change in changes:
                # Until then the watch keeps the last change of each pod.
                await self._loaded.wait()
                self._take(change)
                self._changed.set()

    def _take(self, change: Change) -> None:
        found = self._read(change.object)
        if found is None:
            return
        if change.type == "DELETED":
            self._book.ledger.delete(found, self._book.now)
        else:
            self._book.ledger.observe(found, self._book.now)

    async def _write(self) -> None:
        self._changed.clear()
        ledger, beat = self._book.ledger, time.monotonic()
        ledger.advance(self._observed_until())
        if ledger.changes().is_empty and beat < self._heartbeat + HEARTBEAT_SECONDS:
            return
        try:
            await self._book.write()
            self._heartbeat = beat
            await self._remove_expired()
        except SQLAlchemyError as err:
            # The ledger keeps what is not written, and the next time has it, too.
            log.warning("The usage ledger cannot be written: %s", err)
            await asyncio.sleep(RETRY_SECONDS)

    async def _remove_expired(self) -> None:
        today = self._book.now // DAY
        before, self._day = self._day, today
        if before is None or before == today:
            return
        if today - before > _LONGEST_GAP:
            log.warning(
                "The clock went on by %s days: is it right? What of the usage ledger "
                "is expired is kept until tomorrow.",
                today - before,
            )
            return
        if removed := await self._book.remove_before(today - self._keep_days):
            log.info("%s expired rows of the usage ledger were removed", removed)

    def _observed_until(self) -> int:
        """Return until when all watches told what happened."""
        heard = [each.last_event or 0.0 for each in self._pods]
        silence = max(0.0, self._clock() - min(heard, default=0.0))
        return self._book.now - int(silence) - 1

    def _present(self) -> set[str]:
        return {
            pod["metadata"]["uid"]
            for watcher in self._pods
            for pod in watcher.objects.values()
        }

    def _read(self, pod: Manifest) -> ObservedAllocation | None:
        node = self._find_node(pod["spec"].get("nodeName") or "") or {}
        labels = (node.get("metadata") or {}).get("labels") or {}
        try:
            return read_pod(pod, labels.get(GPU_PRODUCT, ""))
        except (ValueError, TypeError, LookupError):
            # One pod that cannot be read must not cost all others.
            log.exception("The usage of %s cannot be read", object_key(pod))
            return None
