"""Which jobs of a list are wanted. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mofang_api.models import Framework, JobState
from mofang_jobs.domain.models import ObservedJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a job must be; None and empty where that does not matter."""

    states: frozenset[JobState] = frozenset()
    owner: str | None = None
    framework: Framework | None = None
    search: str = ""
    """Part of the name or the id, in any case."""

    @property
    def is_empty(self) -> bool:
        """Whether every job is wanted."""
        return not (self.states or self.owner or self.framework or self.search)

    def matches(self, job: ObservedJob, state: Callable[[], JobState]) -> bool:
        """Say whether a job is wanted.

        Args:
            job: The job.
            state: Finds its state, which takes longer than the rest.
        """
        if self.owner is not None and job.owner != self.owner:
            return False
        if self.framework is not None and job.spec.framework is not self.framework:
            return False
        text = self.search.casefold()
        if text and text not in job.id and text not in job.spec.name.casefold():
            return False
        return not self.states or state() in self.states
