"""What of the ledger is asked for, and what of it somebody may see. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mofang_hub.usage.intervals import DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageViewer:
    """Who looks, and at what they may."""

    owner: str
    """Their slug; empty for a service."""

    projects: frozenset[str] = frozenset()
    """Of which they are in some role."""

    administered: frozenset[str] = frozenset()
    """Whose admins they are."""

    sees_all: bool = False

    def may_see(self, project: str, owner: str) -> bool:
        """Say whether they may see what a person reserved in a project."""
        return (
            self.sees_all
            or project in self.administered
            or (bool(self.owner) and owner == self.owner)
        )


class UsageKey(StrEnum):
    """By what sums are kept apart, beside project and model of GPU."""

    PERIOD = "period"
    OWNER = "owner"
    WORKLOAD_TYPE = "workload_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageQuery:
    """Some days of what somebody may see."""

    first: int
    """Number of the first day since 1970."""

    last: int
    """Of the last one."""

    viewer: UsageViewer
    project: str = ""
    """The only one that is asked for; empty for all."""

    @property
    def start(self) -> int:
        """The first second."""
        return self.first * DAY

    @property
    def end(self) -> int:
        """The second after the last one."""
        return (self.last + 1) * DAY

    def includes(self, project: str, owner: str) -> bool:
        """Say whether what a person reserved in a project is among it."""
        is_asked_for = not self.project or project == self.project
        return is_asked_for and self.viewer.may_see(project, owner)
