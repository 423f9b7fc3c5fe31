"""Samples this server, reports to the hub, and keeps the hub's answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mofang_training.activity.hub import ActivityClient
from mofang_training.activity.rule import ActivityState, Thresholds, classify_activity
from mofang_training.activity.sampler import ActivitySampler
from mofang_training.hub_request import HubRefusalError

if TYPE_CHECKING:
    from mofang_api.models.activity import CullingStatus
    from mofang_training.server_size.monitor import ResourceMonitor

SAMPLE_SECONDS = 30.0
DOZING_SAMPLE_SECONDS = 5.0
"""While the server has given back its CPU, which it is to get again at once."""

RETRY_SECONDS = 60.0
LONGEST_SECONDS = 300.0
"""Between two reports."""

_AWAKE_SECONDS = 15.0
"""Until the hub is asked again that could not give the CPU back."""

_SAMPLES = 40


@dataclass(frozen=True, slots=True)
class _Answer:
    """The hub's last one."""

    status: CullingStatus
    at: float


class ActivityReporter:
    """Runs from the start of a server to its end.

    Args:
        sampler: Measures.
        client: Sends.
        log: The server's.
        thresholds: What is too little to be work.
        sample_seconds: Between two samples.
        clock: That of the samples.
        monitor: Knows what the server uses; None: that is not reported.
    """

    def __init__(
        self,
        sampler: ActivitySampler,
        client: ActivityClient,
        log: logging.Logger,
        *,
        thresholds: Thresholds | None = None,
        sample_seconds: float = SAMPLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        monitor: ResourceMonitor | None = None,
    ) -> None:
        self.activity = ActivityState()
        """At the last sample."""

        self._sampler = sampler
        self._client = client
        self._log = log
        self._thresholds = thresholds or Thresholds()
        self._period = sample_seconds
        self._clock = clock
        self._monitor = monitor
        self._samples: deque[Any] = deque(maxlen=_SAMPLES)
        self._answer: _Answer | None = None
        self._noticed_since: float | None = None
        self._report_at = 0.0
        self._is_away = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; ``stop`` it."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """End it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def describe(self) -> dict[str, Any]:
        """Return what JupyterLab shows: JSON."""
        now = self._clock()
        state = {
            "idle_seconds": round(self.activity.idle_seconds(now)),
            "reasons": list(self.activity.reasons),
            "stop_in_seconds": None,
            "extended_seconds": 0,
            "extendable_seconds": 0,
        }
        if self._answer is None:
            return state
        status, passed = self._answer.status, now - self._answer.at
        if status.stop_in_seconds is not None and self._noticed_since is not None:
            state["stop_in_seconds"] = max(round(status.stop_in_seconds - passed), 0)
        for name in ("extended_seconds", "extendable_seconds"):
            state[name] = max(round(getattr(status, name) - passed), 0)
        return state

    async def extend(self, hours: float | None, reason: str) -> None:
        """Ask the hub to keep this server running.

        Raises:
            HubRefusalError: It will not be; says why.
        """
        from mofang_api.models.activity import ExtensionRequest  # noqa: PLC0415

        request = ExtensionRequest(hours=hours, reason=reason)
        self._take(await self._client.extend(request))

    async def check(self) -> None:
        """Take a sample, and report if it is time to."""
        self._samples.append(await self._sampler.take())
        self.activity = classify_activity(
            tuple(self._samples), self._thresholds, self.activity
        )
        if self.activity.is_active:
            self._noticed_since = None
        if self._awakes or self._clock() >= self._report_at:
            await self._report()

    async def _run(self) -> None:
        while True:
            try:
                await self.check()
            except Exception:  # noqa: BLE001 - it is logged, and tried again
                # What is not known counts as activity, and the server goes on.
                self._samples.clear()
                self.activity = ActivityState()
                self._log.exception("The activity of this server cannot be measured")
            until_report = self._report_at - self._clock()
            period = DOZING_SAMPLE_SECONDS if self._is_dozing else self._period
            await asyncio.sleep(max(min(period, until_report), 1.0))

    @property
    def _awakes(self) -> bool:
        """Whether something happens again, and the hub is to know at once."""
        if not (self.activity.is_active and self._is_dozing) or self._answer is None:
            return False
        return self._clock() - self._answer.at >= _AWAKE_SECONDS

    @property
    def _is_dozing(self) -> bool:
        """Whether the hub has said that the server has given back its CPU."""
        return self._answer is not None and self._answer.status.is_dozing

    async def _report(self) -> None:
        # The start-up time of every server counts.
        from mofang_api.models import activity as wire  # noqa: PLC0415

        now = self._clock()
        self._report_at = now + RETRY_SECONDS
        noticed = self._noticed_since
        notebooks = await self._sampler.open_notebooks()
        report = wire.ActivityReport(
            idle_seconds=self.activity.idle_seconds(now),
            noticed_seconds=None if noticed is None else now - noticed,
            notebooks=[each[: wire.LONGEST_NAME] for each in notebooks][
                : wire.NOTEBOOKS
            ],
            use=self._monitor.use() if self._monitor else None,
        )
        try:
            self._take(await self._client.report(report))
        except HubRefusalError as err:
            if not self._is_away:
                self._log.warning("The hub takes no report of activity: %s", err)
            self._is_away = True
            return
        self._is_away = False
        if self._monitor is not None:
            self._monitor.restart()

    def _take(self, status: CullingStatus) -> None:
        from mofang_api.models.activity import CullingAction  # noqa: PLC0415

        now = self._clock()
        self._answer = _Answer(status, now)
        self._report_at = now + min(max(status.report_in_seconds, 1), LONGEST_SECONDS)
        if status.action is CullingAction.KEEP:
            self._noticed_since = None
        elif self._noticed_since is None:
            self._noticed_since = now
