"""Who reserved how much in a time, as far as somebody may see it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mofang_hub.usage.totals import Totals, UsageRecord, sum_by, total


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """What one person reserved in one project, or all of a project."""

    project: str
    owner: str
    """Empty for all of the project."""

    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What somebody may see of a time."""

    records: tuple[UsageRecord, ...]
    people: tuple[ReportRow, ...]
    """By project and person, in the order of their names."""

    projects: tuple[ReportRow, ...]
    totals: Totals

    @classmethod
    def of_records(
        cls, records: Iterable[UsageRecord], viewer: UsageViewer, project: str = ""
    ) -> UsageReport:
        """Return the report of what somebody may see.

        Args:
            records: Of everybody.
            viewer: Who looks.
            project: The only one that is asked for; empty for all.
        """
        found = tuple(
            each
            for each in records
            if viewer.may_see(each.project, each.owner)
            and (not project or each.project == project)
        )
        people = sum_by(found, lambda each: (each.project, each.owner))
        projects = sum_by(found, lambda each: each.project)
        return cls(
            records=found,
            people=tuple(
                ReportRow(project=project, owner=owner, totals=people[project, owner])
                for project, owner in sorted(people)
            ),
            projects=tuple(
                ReportRow(project=name, owner="", totals=projects[name])
                for name in sorted(projects)
            ),
            totals=total(found),
        )
