"""Names of snapshots: ``mofang-hourly-20261130T041500Z``.

CephFS shows a snapshot of a directory to those below it as ``_<name>_<number>``, so our
names have no underscore.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum

from mofang_storage.base import Snapshot

_TIME = "%Y%m%dT%H%M%SZ"


class SnapshotReason(StrEnum):
    """Why a snapshot was taken."""

    HOURLY = "hourly"
    DAILY = "daily"
    REQUESTED = "requested"
    """Before something that somebody may want to undo."""


_NAME = re.compile(rf"mofang-({'|'.join(SnapshotReason)})-(\d{{8}}T\d{{6}}Z)")
_INHERITED = re.compile(r"_(mofang-[a-z]+-\d{8}T\d{6}Z)_\d+")


def snapshot_name(reason: SnapshotReason, taken: datetime) -> str:
    """Name a snapshot, to the second."""
    return f"mofang-{reason}-{taken.astimezone(UTC):{_TIME}}"


def is_snapshot_name(name: str) -> bool:
    """Whether a snapshot of the platform's may be called so, where it was made."""
    return _parse(name) is not None


def reason_of(name: str) -> SnapshotReason | None:
    """Return why a snapshot was taken; None if it is not the platform's."""
    parsed = _parse(name)
    return parsed[0] if parsed else None


def read_snapshot(name: str) -> Snapshot | None:
    """Read an entry of ``.snap``; None if it is not the platform's."""
    inherited = _INHERITED.fullmatch(name)
    parsed = _parse(inherited[1] if inherited else name)
    if parsed is None:
        return None
    return Snapshot(name=name, taken=parsed[1], own=inherited is None)


def _parse(name: str) -> tuple[SnapshotReason, datetime] | None:
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        taken = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return SnapshotReason(found[1]), taken
