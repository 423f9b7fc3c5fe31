"""How much of the service one person may have: requests, submissions, streams, charts.

Whoever asks for more is told to wait, and the others notice nothing. Each process
counts for itself; administrators set the numbers (``limits`` of the chart).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

from mofang_hub.settings import LimitSettings
from mofang_jobs.adapters.rate_limits import RateLimits
from mofang_jobs.domain.errors import TooManyError
from mofang_jobs.domain.models import Caller
from mofang_jobs.services.caller_turns import CallerTurns

RETRY_SECONDS = 1
"""When to ask again: by then a whole second's requests are free."""

_BURST_SECONDS = 4

MOST_DELAYED = 100
"""Refusals that wait at a time, of all callers: each has an open connection."""


class CallerLimits:
    """Counts what each caller has at present.

    Args:
        settings: The numbers.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        rate, lookups = settings.requests_per_second, settings.lookups_per_second
        self._requests = RateLimits(rate, burst_seconds=_BURST_SECONDS)
        self._lookups = RateLimits(lookups, burst_seconds=_BURST_SECONDS)
        self._delayed = 0
        self._answered: Counter[str] = Counter()
        self._streams: Counter[str] = Counter()
        self._charts: Counter[str] = Counter()
        self._submission_turns = CallerTurns(settings.submissions_at_once)
        self._chart_turns = CallerTurns(1)
        self._chart_turn = asyncio.Semaphore(1)

    async def delay_refusal(self) -> None:
        """Wait before somebody is told that they ask too often.

        Whoever asks again at once, whatever the answer is, would otherwise have the
        service do nothing but refuse.
        """
        if self._delayed >= MOST_DELAYED:
            return
        self._delayed += 1
        try:
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._delayed -= 1

    async def admit(self, caller: Caller, cost: int = 1) -> None:
        """Count a request.

        Args:
            caller: Who sent it.
            cost: As how many it counts.

        Raises:
            TooManyError: The caller has sent too many in the last seconds.
        """
        if not await self._requests.take(caller.name, cost):
            raise TooManyError(
                "You have sent more requests than the platform takes of one person, "
                f"{self._settings.requests_per_second} in a second. Wait a second.",
                retry_seconds=RETRY_SECONDS,
            )

    def begin_request(self, caller: Caller) -> None:
        """Count a request that is being answered; ``end_request`` follows.

        Raises:
            TooManyError: Too many of the caller's are.
        """
        most = self._settings.requests_at_once
        if self._answered[caller.name] >= most:
            raise TooManyError(
                f"{most} requests of yours are being answered, which is the most. Wait "
                "for some of them.",
                retry_seconds=RETRY_SECONDS,
            )
        self._answered[caller.name] += 1

    def end_request(self, caller: Caller) -> None:
        """Note that a request was answered."""
        _release(self._answered, caller.name)

    def submission(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """Wait until few enough other submissions of the caller are worked on.

        What waits is a request that is being answered, so that it has a bound.
        """
        return self._submission_turns.take(caller.name)

    @contextmanager
    def stream(self, caller: Caller) -> Iterator[None]:
        """Count a stream while the context lasts.

        Raises:
            TooManyError: The caller has too many.
        """
        most = self._settings.streams_per_user
        if self._streams[caller.name] >= most:
            raise TooManyError(
                f"You follow {most} logs and lists of jobs, which is the most. Close "
                "a log or a window of JupyterLab that you do not need.",
                retry_seconds=5 * RETRY_SECONDS,
            )
        self._streams[caller.name] += 1
        try:
            yield
        finally:
            _release(self._streams, caller.name)

    @asynccontextmanager
    async def chart(self, caller: Caller) -> AsyncIterator[asyncio.Semaphore]:
        """Wait until no other chart of the caller is being made.

        Yields:
            The turn to take for each replica: reading its samples may cost a second of
            a processor, and who asks for all of a job's must not hold up the others.

        Raises:
            TooManyError: The caller waits for too many already.
        """
        most = self._settings.charts_per_user
        if self._charts[caller.name] >= most:
            raise TooManyError(
                f"You wait for {most} charts, which is the most. Ask again when they "
                "are there.",
                retry_seconds=5 * RETRY_SECONDS,
            )
        self._charts[caller.name] += 1
        try:
            async with self._chart_turns.take(caller.name):
                yield self._chart_turn
        finally:
            _release(self._charts, caller.name)

    async def look_up(self, caller: Caller) -> None:
        """Count a job that Kubernetes must be asked for, once for each kind.

        Raises:
            TooManyError: The caller asks for too many that do not exist.
        """
        if not await self._lookups.take(caller.name):
            await self.delay_refusal()
            raise TooManyError(
                "You have asked for many jobs that do not exist. Wait a second, and "
                "look at the list of jobs.",
                retry_seconds=RETRY_SECONDS,
            )


def _release(counts: Counter[str], name: str) -> None:
    counts[name] -= 1
    if counts[name] <= 0:
        del counts[name]
