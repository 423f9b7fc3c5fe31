"""Takes what servers report of their use, and answers what it says."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from mofang_api.models.activity import ResourceUse
from mofang_hub.sizing.recommender import Suggestion, suggest
from mofang_hub.sizing.samples import SampleTable, ServerRun, UsedRecord
from mofang_hub.sizing.settings import SizingSettings
from mofang_kube.names import user_slug

log = logging.getLogger(__name__)

_FRESH_SECONDS = 420.0
"""For which a report says what a server uses now: a little longer than between two."""

_CLOCK_SLACK = 60.0
"""Seconds that a report may have above what passed since the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentUse:
    """What a server used at its last report."""

    memory_bytes: int
    cpu_cores: float
    """The mean since the report before."""


class ResourceObserver:
    """What servers use, of one hub.

    A server reports of itself, and its person can make it report what they like. So it
    counts for no more time than has passed, and for no more than it was given; what
    follows from it are suggestions to that person alone.

    Args:
        table: Keeps it.
        settings: How sizes are suggested.
        steady: Seconds of a clock that nobody sets.
        now: Seconds since 1970.
    """

    def __init__(
        self,
        table: SampleTable,
        settings: SizingSettings,
        steady: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._table = table
        self._steady = steady
        self._now = now
        self._last: dict[tuple[str, str], tuple[float, CurrentUse]] = {}
        """Owner's slug and server → when it last reported, and what it used then."""

    def observe(self, run: ServerRun, use: ResourceUse) -> None:
        """Take in a report.

        Args:
            run: The start that it is of.
            use: What was used since the report before.
        """
        now, key = self._steady(), (run.owner, run.server)
        before = self._last.get(key)
        if before is None:
            self._forget_old(now)
        self._last[key] = (
            now,
            CurrentUse(
                memory_bytes=use.memory_bytes, cpu_cores=use.cpu_seconds / use.seconds
            ),
        )
        passed = now - before[0] + _CLOCK_SLACK if before else _FRESH_SECONDS
        try:
            self._table.add(run, _bounded(run, use, passed), self._now())
        except SQLAlchemyError as err:
            # A server that runs must not fail for it.
            log.warning("What %s used is not kept: %s", run.server, err)

    def current_use(self, user: str, server: str) -> CurrentUse | None:
        """Return what a server has reported just now; None if it has not.

        Args:
            user: Name in the hub.
            server: Its name.
        """
        found = self._last.get((user_slug(user), server))
        if found is None or self._steady() - found[0] > _FRESH_SECONDS:
            return None
        return found[1]

    def used(
        self, first_day: int, last_day: int, *, by_day: bool = False
    ) -> list[UsedRecord]:
        """Return what servers used; as ``SampleTable.sum_used``.

        Args:
            first_day: Number of a day since 1970.
            last_day: Likewise; included.
            by_day: Whether each day has records of its own.
        """
        return self._table.sum_used(first_day, last_day, by_day=by_day)

    def _forget_old(self, now: float) -> None:
        """Forget servers that report no more."""
        self._last = {
            key: found
            for key, found in self._last.items()
            if now - found[0] <= _FRESH_SECONDS
        }

    def suggest(self, user: str, environment: str) -> Suggestion | None:
        """Return what the next start of a person is likely to need; None if unknown.

        Args:
            user: Name in the hub.
            environment: Its name.
        """
        try:
            peaks = self._table.find_peaks(
                user_slug(user), environment, self.settings.starts
            )
        except SQLAlchemyError as err:
            log.warning("What %s used is not known: %s", user, err)
            return None
        return suggest(peaks, self.settings)


def _bounded(run: ServerRun, use: ResourceUse, passed: float) -> ResourceUse:
    seconds = min(use.seconds, passed)
    share = seconds / use.seconds
    memory = run.memory_request_bytes or use.memory_peak_bytes
    return use.model_copy(
        update={
            "seconds": seconds,
            "cpu_seconds": use.cpu_seconds * share,
            "memory_mean_bytes": min(use.memory_mean_bytes, memory),
            "memory_peak_bytes": min(use.memory_peak_bytes, memory),
        }
    )
