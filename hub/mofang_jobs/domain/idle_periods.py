"""For how long a replica has done no I/O. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mofang_jobs.domain.hang_settings import HangSettings
from mofang_jobs.domain.samples import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class IdlePeriod:
    """The end of a trace, in which nothing was read or written."""

    samples: Sequence[Sample]
    """All of it, at least one."""

    @property
    def seconds(self) -> float:
        """At least so long, by the replica's own steady clock."""
        return self.samples[-1].up - self.samples[0].up

    @property
    def period(self) -> float:
        """Seconds between samples."""
        return self.samples[-1].period

    @property
    def began(self) -> datetime:
        """When, by the node's clock as it is now."""
        # The clock may have been set meanwhile; how long it lasts is certain.
        return datetime.fromtimestamp(self.samples[-1].time - self.seconds, UTC)


def trailing_idle_period(
    samples: Sequence[Sample], settings: HangSettings
) -> IdlePeriod:
    """Return the silence with which a trace ends; the start of a trace is I/O."""
    begin = len(samples) - 1
    while begin > 0 and _is_silent(samples[begin - 1], samples[begin], settings):
        begin -= 1
    return IdlePeriod(samples=samples[begin:])


def _is_silent(before: Sample, after: Sample, settings: HangSettings) -> bool:
    if before.digest != after.digest or before.run != after.run:
        return False
    # Time that does not go on is a file that was tampered with.
    seconds = after.up - before.up
    if seconds <= 0:
        return False
    limit = settings.network_bytes_per_second
    if limit is None or before.network is None or after.network is None:
        return True
    return sum(after.network) - sum(before.network) < limit * seconds
