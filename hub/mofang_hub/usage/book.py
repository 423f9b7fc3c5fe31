"""The ledger with its storage: what has ended and what goes on, as one."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from mofang_hub.usage.intervals import HOUR, Interval, OpenInterval
from mofang_hub.usage.ledger import Ledger
from mofang_hub.usage.query import UsageKey, UsageQuery
from mofang_hub.usage.storage import LedgerStorage
from mofang_hub.usage.totals import UsageRecord, records_of
from mofang_kube.errors import KubernetesUnavailableError

log = logging.getLogger(__name__)


class UsageBook:
    """Reads and writes the ledger; a report has what is not written yet, too.

    Args:
        storage: Where it is written.
        now: The time, as the cluster has it.
    """

    def __init__(self, storage: LedgerStorage, now: Callable[[], datetime]) -> None:
        self._storage = storage
        self._now = now
        self._lock = asyncio.Lock()
        """Between writing and confirming, an interval would count twice."""

        self._ledger: Ledger | None = None
        self.written: float | None = None
        """Unix time of this node when it was last written; None if it never was."""

    @property
    def now(self) -> int:
        """The time, in seconds since 1970."""
        return int(self._now().timestamp())

    @property
    def ledger(self) -> Ledger:
        """What is open, and what is not written yet.

        Raises:
            KubernetesUnavailableError: It is not loaded yet.
        """
        if self._ledger is None:
            raise KubernetesUnavailableError(
                "What is in use is not known yet: the hub has just started, or "
                "Kubernetes does not answer. Try again in a minute."
            )
        return self._ledger

    async def load(self, present: Collection[str]) -> Ledger:
        """Read what was written, and go on from there.

        Args:
            present: UIDs of the pods that there are.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.
        """
        async with self._lock:
            await asyncio.to_thread(self._storage.create)
            self._ledger = await asyncio.to_thread(self._storage.load, present)
            return self._ledger

    async def write(self) -> None:
        """Write what has changed.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: Nothing was written; it is the next time.
        """
        async with self._lock:
            changes = self.ledger.changes()
            await asyncio.to_thread(self._storage.write, changes)
            self.ledger.confirm(changes)
            self.written = time.time()

    async def close(self) -> None:
        """Write what is left; what cannot be written is found again by the pods."""
        if self._ledger is None:
            return
        try:
            await self.write()
        except SQLAlchemyError as err:
            log.warning("The usage ledger cannot be written at the end: %s", err)

    async def remove_before(self, day: int) -> int:
        """Remove what is older than a day; return how many rows that were.

        Args:
            day: Its number since 1970.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.
        """
        async with self._lock:
            return await asyncio.to_thread(self._storage.remove_before, day)

    @property
    def held(self) -> list[OpenInterval]:
        """What is reserved now.

        Raises:
            KubernetesUnavailableError: It is not known yet.
        """
        return self.ledger.open_intervals

    async def records(self, query: UsageQuery, *keys: UsageKey) -> list[UsageRecord]:
        """Return what was reserved until now; periods are days.

        Args:
            query: Which of it.
            keys: What is kept apart.

        Raises:
            KubernetesUnavailableError: What is open is not known yet.
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.
        """
        async with self._lock:
            self._check_loaded()
            ended = await asyncio.to_thread(self._storage.records, query, *keys)
            rest = self._unwritten()
        return ended + records_of(rest, query, *keys)

    async def hourly(self, query: UsageQuery) -> list[UsageRecord]:
        """Return what was reserved until now, by hour.

        Args:
            query: Which of it; of few days.

        Raises:
            KubernetesUnavailableError: What is open is not known yet.
            sqlalchemy.exc.SQLAlchemyError: The database does not answer.
        """
        async with self._lock:
            self._check_loaded()
            ended = await asyncio.to_thread(self._storage.intervals, query)
            rest = self._unwritten()
        return records_of([*ended, *rest], query, UsageKey.PERIOD, seconds=HOUR)

    def _check_loaded(self) -> None:
        """Return if there is something to read.

        Raises:
            KubernetesUnavailableError: Not yet.
        """
        _ = self.ledger

    def _unwritten(self) -> list[Interval]:
        now = self.now
        return [
            *self.ledger.unwritten,
            *(each.until(now) for each in self.ledger.open_intervals),
        ]
