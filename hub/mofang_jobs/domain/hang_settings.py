"""When silence is taken for a hang."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HangSettings:
    """The periods and thresholds of the rule in ``hang_rule``."""

    sample_seconds: float = 10.0
    """The period of samples, as the wrapper is told."""

    idle_periods: int = 30
    """So many periods without any I/O end the first stage: five minutes. Fewer find a
    hang sooner and take more long steps for one; NCCL itself gives up after ten
    minutes, so later than that is too late."""

    gpu_window: int = 15
    """Samples in each of the two windows that the second stage compares. Twice of it
    must fit into the silence."""

    median_tolerance: float = 1.0
    """Percentage points by which the medians may differ and still be the same."""

    variance_tolerance: float = 0.3
    """By how much the variances may differ, in squared percentage points."""

    steady_variance: float = 0.3
    """A variance above this is work, even if it is the same in both windows: a steady
    loop of training wavers equally all the time. A GPU that hangs is constant, with a
    percentage point up and down at most, which is 0.25. With 1, twelve spliced days of
    silent work at 98 to 100 % held 556 alarms; with this, none."""

    gpu_idle_percent: float = 1.0
    """A GPU that never exceeds this is not used, neither by work nor by a spinning
    wait, so the CPU is asked; negative to never ask it for replicas with GPUs."""

    cpu_idle_cores: float = 0.05
    """Less than this is no computing, only the timers of a process that waits."""

    cpu_idle_share: float = 0.25
    """Of a replica that has few cores, less than this share of them is none either."""

    network_bytes_per_second: float | None = 64 * 1024.0
    """Traffic of a replica above it counts as I/O, since the counters of processes do
    not see what goes through sockets; keep-alives stay below. None ignores it."""

    stale_periods: int = 6
    """After so many periods without a new sample, nothing is known of a replica."""

    def quiet_seconds(self, period: float) -> float:
        """Return how long the first stage lasts for a replica with such a period."""
        return self.idle_periods * max(period, self.sample_seconds)

    def stale_seconds(self, period: float) -> float:
        """Return how old its newest sample may be."""
        return self.stale_periods * max(period, self.sample_seconds)

    def __post_init__(self) -> None:
        """Refuse what can never find a hang, or finds one at once."""
        if self.sample_seconds <= 0 or self.stale_periods < 1:
            raise ValueError("sample_seconds and stale_periods must be more than 0.")
        if self.gpu_window < 1 or 2 * self.gpu_window > self.idle_periods:
            raise ValueError(
                "gpu_window must be at least 1, and twice of it must fit into "
                f"idle_periods; {self.gpu_window} and {self.idle_periods} do not."
            )
