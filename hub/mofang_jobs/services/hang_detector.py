"""Judge jobs by the files of their replicas, over time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mofang_jobs.adapters.sample_files import SampleStorage
from mofang_jobs.domain.hang_rule import HangVerdict, ReplicaSamples, detect_hang
from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.log_paths import LogName
from mofang_jobs.domain.samples import Sample, SampledReplica


@dataclass(frozen=True, slots=True)
class _Newest:
    """The newest sample of a replica, and when we first saw it."""

    run: str
    up: float
    observed_at: float
    has_grown: bool


class HangDetector:
    """Remembers when samples came, so that no clock but its own is trusted.

    A job must be looked at again and again, each minute or so: at the first look, a
    silent job is not yet known to be one.

    Args:
        store: The files of samples.
        settings: Of the rule.
        now: A steady clock.
    """

    def __init__(
        self,
        store: SampleStorage,
        settings: HangSettings | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._settings = settings or HangSettings()
        self._now = now
        self._newest: dict[LogName, _Newest] = {}

    async def check(
        self, replicas: Sequence[SampledReplica], attempt: int
    ) -> HangVerdict:
        """Return the verdict on a job, whose replicas that run are given.

        Args:
            replicas: Those whose containers run.
            attempt: Which start of the job; samples of others are passed over.
        """
        traces = []
        # One after the other: a job may have hundreds of replicas.
        for replica in replicas:
            file = await self._store.read_recent(replica.name)
            samples = file.newest_run
            if samples and samples[-1].attempt != attempt:
                samples = ()
            age = self._age(replica.name, samples)
            traces.append(
                ReplicaSamples(replica=replica, samples=samples, age_seconds=age)
            )
        return await asyncio.to_thread(detect_hang, traces, self._settings)

    def forget(self, project: str, job: str) -> None:
        """Drop what is known of a job that no longer runs."""
        gone = [
            name for name in self._newest if (name.project, name.job) == (project, job)
        ]
        for name in gone:
            del self._newest[name]

    def _age(self, name: LogName, samples: Sequence[Sample]) -> float | None:
        if not samples:
            self._newest.pop(name, None)
            return None
        now, last = self._now(), samples[-1]
        known = self._newest.get(name)
        if known is None or (known.run, known.up) != (last.run, last.up):
            self._newest[name] = _Newest(
                last.run, last.up, now, has_grown=known is not None
            )
            return 0.0 if known is not None else None
        age = now - known.observed_at
        # A file that never grew since we began to look may be old already: it is not
        # fresh, and once enough time has passed it is known to be stale.
        if not known.has_grown and age <= self._settings.stale_seconds(last.period):
            return None
        return age
