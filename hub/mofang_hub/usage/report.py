"""Who reserved how much in a time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mofang_hub.usage.totals import Totals, UsageRecord, sum_by, total


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """What one person reserved in one project, or all of a project."""

    project: str
    owner: str
    """Empty for all of the project."""

    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageReport:
    """What was reserved in a time."""

    people: tuple[ReportRow, ...]
    """By project and person, in the order of their names."""

    projects: tuple[ReportRow, ...]
    totals: Totals

    @classmethod
    def of_records(cls, records: Sequence[UsageRecord]) -> UsageReport:
        """Return the report.

        Args:
            records: With their owners, of what somebody may see.
        """
        people = sum_by(records, lambda each: (each.project, each.owner))
        projects = sum_by(records, lambda each: each.project)
        return cls(
            people=tuple(
                ReportRow(project=project, owner=owner, totals=people[project, owner])
                for project, owner in sorted(people)
            ),
            projects=tuple(
                ReportRow(project=name, owner="", totals=projects[name])
                for name in sorted(projects)
            ),
            totals=total(records),
        )
