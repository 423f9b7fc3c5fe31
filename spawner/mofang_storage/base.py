"""What a kind of storage can do for a directory; ``docs/administrators/storage.md``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from typing_extensions import override


class DirectoryError(Exception):
    """Something cannot be done; its text is for the person who asked."""


@dataclass(frozen=True, slots=True)
class StorageDirectory:
    """One directory beneath the root of the storage."""

    parts: tuple[str, ...]
    mode: int
    """Permissions of one that is made; the mask of the process does not count."""

    keep_mode: bool = False
    """Whether one that is there gets these permissions again."""

    @override
    def __str__(self) -> str:
        return "/".join(self.parts) or "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """The maximum of a directory and all below it; None is no limit."""

    bytes: int | None = None
    files: int | None = None
    """Files and directories together."""


NO_QUOTA = Quota()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a directory and all below it take."""

    bytes: int
    files: int
    """Files and directories together, the directory itself left out."""

    complete: bool = True
    """False where counting was ended early: both are minimum values then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A directory as it was."""

    name: str
    """What the file system calls it here; one of a directory above has a longer one."""

    taken: datetime
    own: bool = True
    """Whether it was made of this directory, and not of one above."""


class Storage(Protocol):
    """The directories of one file system.

    Every method works beneath the root by descriptors (``confined_fs``): no link, no
    ``..`` and no directory that is renamed meanwhile leads elsewhere. Each may block
    for as long as the file system does; none keeps any state.

    What a snapshot has is restored by people themselves: their servers mount it, and
    copy with their rights (``mofang_files.restoring``).

    All raise ``OSError``, ``UnsafePathError`` or ``DirectoryError`` where they cannot.
    """

    kind: ClassVar[str]
    """As the value ``storage.type`` of the chart names it."""
    enforces_quotas: ClassVar[bool]
    keeps_snapshots: ClassVar[bool]
    counts_usage: ClassVar[bool]
    """Whether ``usage`` costs the same, however many files there are."""

    def ensure(self, directory: StorageDirectory, quota: Quota = NO_QUOTA) -> None:
        """Make a directory with owner, mode and quota, or put right what it may."""

    def usage(self, directory: StorageDirectory) -> Usage:
        """Count what a directory takes."""

    def snapshot(self, directory: StorageDirectory, name: str) -> None:
        """Keep a directory as it is now; one of that name stays as it is."""

    def list(self, directory: StorageDirectory) -> list[Snapshot]:
        """Return the snapshots that show a directory, the newest first."""

    def remove(self, directory: StorageDirectory, snapshot: str) -> None:
        """Remove a snapshot of a directory; none of that name is fine."""
