"""What clean-ups removed, kept in the directory so that other servers can undo them.

Written after the removal, when there is room again. The person may write there: what
is read is checked, and leads nowhere but beneath the directory.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from mofang_files.confined import names_in, opened
from mofang_files.item_paths import Removed, is_snapshot_name

FOLDER = (".mofang", "cleanups")
KEPT = 5
"""As many snapshots are kept of those that are asked for."""

_READ_FILES = 200
"""Anybody of a project may put files there."""

_BYTES = 8 << 20
_FILE = re.compile(r"([0-9a-f]{16})\.json")
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Mode(StrEnum):
    """What becomes of what is removed."""

    SNAPSHOT = "snapshot"
    TRASH = "trash"
    PERMANENT = "permanent"


@dataclass(slots=True, kw_only=True)
class CleanUp:
    """One that can be undone."""

    id: str
    at: datetime
    mode: Mode
    bytes: int
    snapshot: str
    removed: list[Removed]


def save(home: Path, done: CleanUp) -> None:
    """Keep a clean-up, or what is left of it.

    Raises:
        OSError: It cannot be kept; it is known as long as the server runs.
    """
    name = f"{done.id}.json"
    with opened(home, FOLDER, make=True) as folder:
        # A new file: what has the name may be another one's, by a hard link.
        draft = f".{done.id}.{secrets.token_hex(4)}"
        try:
            file = os.open(draft, _NEW, 0o600, dir_fd=folder)
            with open(file, "w", encoding="utf-8") as text:  # noqa: PTH123 - as opened
                json.dump({**asdict(done), "at": done.at.isoformat()}, text)
            os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(OSError):
                os.unlink(draft, dir_fd=folder)
            raise


def forget(home: Path, undo: str) -> None:
    """Remove what is kept of a clean-up; nothing is fine."""
    with suppress(OSError), opened(home, FOLDER) as folder:
        os.unlink(f"{undo}.json", dir_fd=folder)


def load(home: Path) -> dict[str, CleanUp]:
    """Return the clean-ups that are kept, by id, the oldest first.

    What cannot be read, or is none, is passed over.
    """
    found: list[CleanUp] = []
    with suppress(OSError), opened(home, FOLDER) as folder:
        names = filter(_FILE.fullmatch, names_in(folder))
        for name in islice(names, _READ_FILES):
            # Half a file of a server that was killed, or somebody else's.
            with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
                found.append(_read(folder, name))
    found.sort(key=lambda each: each.at)
    return {each.id: each for each in found[-KEPT:]}


def _read(folder: int, name: str) -> CleanUp:
    with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
        content: dict[str, Any] = json.loads(file.read(_BYTES))
    mode, snapshot = Mode(content["mode"]), str(content["snapshot"])
    if not _fits(mode, snapshot):
        raise ValueError(snapshot)
    at = datetime.fromisoformat(content["at"])
    if at.tzinfo is None:
        raise ValueError(at)
    return CleanUp(
        id=name.removesuffix(".json"),
        at=at,
        mode=mode,
        bytes=int(content["bytes"]),
        snapshot=snapshot,
        removed=[_removed(each) for each in content["removed"]],
    )


def _fits(mode: Mode, snapshot: str) -> bool:
    match mode:
        case Mode.SNAPSHOT:
            return is_snapshot_name(snapshot)
        case Mode.TRASH:
            return not snapshot
        case Mode.PERMANENT:
            return False


def _removed(content: dict[str, Any]) -> Removed:
    parts = tuple(str(each) for each in content["parts"])
    name = str(content["name"])
    for each in (*parts, name or "x"):
        if each in {"", ".", "..", ".snap"} or "/" in each or "\0" in each:
            raise ValueError(each)
    if not parts:
        raise ValueError(parts)
    return Removed(parts=parts, bytes=int(content["bytes"]), name=name)
