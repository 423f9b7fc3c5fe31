"""Samples of two subjects, taken in turn, and the table they become."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure: ours beside its baseline, samples in the table's unit."""

    name: str
    unit: str
    ours: list[float]
    baseline_name: str = ""
    baseline: list[float] = field(default_factory=list)

    def text(self) -> str:
        line = f"{self.name:44} {_spread(self.ours)} {self.unit}"
        if self.baseline:
            ours, bare = statistics.median(self.ours), statistics.median(self.baseline)
            line += (
                f"   {self.baseline_name} {_spread(self.baseline)} {self.unit}"
                f"   ratio {ours / bare:.2f}, difference {ours - bare:+.2f}"
            )
        return line


def _spread(samples: list[float]) -> str:
    return f"{min(samples):.2f} / {statistics.median(samples):.2f} / {max(samples):.2f}"


def in_turn(rounds: int, *subjects: Callable[[], float]) -> tuple[list[float], ...]:
    """Measure the subjects one after the other, round by round.

    Interleaved, so that what else the machine does falls on all alike.
    """
    samples: tuple[list[float], ...] = tuple([] for _ in subjects)
    for _ in range(rounds):
        for subject, found in zip(subjects, samples, strict=True):
            found.append(subject())
    return samples
