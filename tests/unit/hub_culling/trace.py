"""Generated notebook servers that hold GPUs, from published distributions.

Carver et al., *NotebookOS* (ASPLOS 2026, arXiv 2503.20591), about the production trace
of interactive deep learning at Adobe: GPUs that notebooks reserve are idle for more
than 81 % of the time; nearly 70 % are not used in the whole life of their session;
three quarters of the sessions use theirs for at most 5 % of it; half of the training
tasks last at most two minutes, three quarters at most five; between two tasks of a
session lie five minutes at the median.

What the paper does not say is assumed here: a session lives for days, as servers do
that nobody stops, and its person works in stretches of hours, with nights in between.
Those whose GPU is never used run cells on the CPU at the same pace.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

UNUSED_SHARE = 0.7
TASK_MEDIAN, TASK_UPPER_QUARTILE = 2 * MINUTE, 5 * MINUTE
PAUSE_MEDIAN = 5 * MINUTE

_QUARTILE = 0.6745
"""Of the normal distribution, in standard deviations."""

_TASK_SIGMA = math.log(TASK_UPPER_QUARTILE / TASK_MEDIAN) / _QUARTILE
_PAUSE_SIGMA = 1.0
_STRETCH = (0.5 * HOUR, 4 * HOUR)
_ABSENCE = (1 * HOUR, 18 * HOUR)
_LIFE = (0.5 * DAY, 4 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A cell, in seconds since the start of its session."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A server with a GPU, as long as nobody but its person stops it."""

    life: float
    tasks: tuple[Task, ...]
    uses_gpu: bool

    @property
    def busy_seconds(self) -> float:
        return sum(task.end - task.start for task in self.tasks)

    @property
    def gpu_seconds(self) -> float:
        """For how long the GPU works."""
        return self.busy_seconds if self.uses_gpu else 0.0


def generate_sessions(count: int, seed: int) -> list[Session]:
    """Return sessions; the same ones for the same seed."""
    source = random.Random(seed)
    return [_session(source) for _ in range(count)]


def _session(source: random.Random) -> Session:
    life = source.uniform(*_LIFE)
    return Session(
        life=life,
        tasks=tuple(_tasks(source, life)),
        uses_gpu=source.random() >= UNUSED_SHARE,
    )


def _tasks(source: random.Random, life: float) -> Iterator[Task]:
    now = 0.0
    while now < life:
        rest = now + source.uniform(*_STRETCH)
        while now < rest:
            now += source.lognormvariate(math.log(PAUSE_MEDIAN), _PAUSE_SIGMA)
            end = now + source.lognormvariate(math.log(TASK_MEDIAN), _TASK_SIGMA)
            if end >= life:
                return
            yield Task(start=now, end=end)
            now = end
        now += source.uniform(*_ABSENCE)
