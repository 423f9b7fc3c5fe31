"""What is cleaned up, a home or a project's directory, and who may remove what."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mofang_files.kinds import HOME, ItemKind, Layout
from mofang_files.survey import Item

_RECENT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanedRoot:
    """The directory that is cleaned up."""

    path: Path
    """Without links."""
    shown: str = "~"
    """What people call it."""
    layout: Layout = HOME

    def describe(self, item: Item, open_files: Collection[str]) -> dict[str, object]:
        """Return an item as it is answered.

        Args:
            item: Of a survey.
            open_files: Paths that processes of this container have open.
        """
        is_used = any(
            f"{self.path}/{'/'.join(path.parts)}" in open_files for path in item.paths
        )
        age = time.time() - item.used
        is_recent = item.kind in self.layout.watched and age < _RECENT_SECONDS
        in_use = "open" if is_used else "recent" if is_recent else ""
        used = datetime.fromtimestamp(item.used, tz=UTC) if item.used else None
        return {
            "id": item.id,
            "kind": item.kind,
            "path": item.path,
            "paths": len(item.paths),
            "bytes": item.bytes,
            "files": item.files,
            "complete": item.complete,
            "used": used.isoformat() if used else None,
            "preselected": item.kind in self.layout.preselected and not in_use,
            "in_use": in_use,
        }


FindAllowed = Callable[[], Awaitable[frozenset[ItemKind]]]
"""Says what whoever runs this server may remove; raises ``FilesError`` where nobody
knows, or nothing may be."""


async def everything() -> frozenset[ItemKind]:
    """Return all kinds: of a home nobody else decides."""
    return frozenset(ItemKind)
