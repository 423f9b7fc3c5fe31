"""Find events in the files of the audit log, the newest first."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mofang_audit.event import SCHEMA_ID
from mofang_audit.files import list_files

PAGE = 100
MAX_LINES = 500_000
"""Lines that one search reads; some seconds."""

MAX_LINE_BYTES = 64 * 1024

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for; empty fields match everything."""

    person: str = ""
    """Who did it, or to whom it was done."""
    project: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    before: str = ""
    """Only what is older than this timestamp."""

    def matches(self, record: Record) -> bool:
        """Say whether a record is one that is looked for."""
        people = (record.get("actor"), record.get("owner"))
        return (
            (not self.person or self.person in people)
            and (not self.project or record.get("project") == self.project)
            and (not self.action or record.get("action") == self.action)
            and (not self.before or str(record["__timestamp__"]) < self.before)
        )

    def includes(self, day: date) -> bool:
        """Say whether a day is within the time that is looked at."""
        if self.before and day.isoformat() > self.before[:10]:
            return False
        return (self.first is None or day >= self.first) and (
            self.last is None or day <= self.last
        )


@dataclass(slots=True, kw_only=True)
class ResultPage:
    """A page of events."""

    records: list[Record] = field(default_factory=list)
    has_more: bool = False
    is_cut: bool = False
    """The search read as much as one may, and there is more."""


def search(folder: Path, wanted: Search, *, limit: int = PAGE) -> ResultPage:
    """Return the newest events that are looked for; blocks, as it reads files.

    Args:
        folder: Of the log.
        wanted: What is looked for.
        limit: How many at most.

    Raises:
        OSError: The folder cannot be read.
    """
    found = ResultPage()
    budget = MAX_LINES
    for day, paths in list_files(folder).items():
        if not wanted.includes(day):
            continue
        matching: list[Record] = []
        count = 0
        for record in _records(paths):
            count += 1
            if count > budget:
                found.is_cut = True
                break
            if wanted.matches(record):
                matching.append(record)
                if len(matching) > 4 * limit:
                    matching = _newest(matching, limit + 1)
        found.records += _newest(matching, limit + 1 - len(found.records))
        budget -= count
        if found.is_cut or len(found.records) > limit:
            break
    found.has_more = len(found.records) > limit
    del found.records[limit:]
    return found


def _newest(records: list[Record], count: int) -> list[Record]:
    return heapq.nlargest(count, records, key=lambda each: str(each["__timestamp__"]))


def _records(paths: list[Path]) -> Iterator[Record]:
    for path in paths:
        with path.open("rb") as file:
            # A line that was cut, as by a full disk, is no record.
            while line := file.readline(MAX_LINE_BYTES):
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict) and record.get("__schema__") == SCHEMA_ID:
                    yield {"__timestamp__": "", **record}
