"""The snapshots that show a directory, and what they have of an entry.

A look into a snapshot is a round trip on a network file system. So several are looked
into at the same time, by a descriptor of ``.snap``, and those between two that show the
same not at all.

On CephFS nobody can make a ``.snap``. Elsewhere anybody can, by hand and with links in
it: none of them is followed.
"""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from mofang_files.confined import DIRECTORY, opened
from mofang_files.errors import FilesError, from_os
from mofang_files.roots import SNAPSHOTS

T = TypeVar("T")
U = TypeVar("U")

_NAME = re.compile(r"_?mofang-[a-z]+-(\d{8}T\d{6}Z)(?:_\d+)?")
_READERS = 8
_STRIDE = 8
"""Every so many snapshots are looked into first, and others where these differ."""
NOW = ""
"""In place of a snapshot's name: the directory as it is."""
_PASSED = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""Opens a directory to look into it, without asking a network file system."""
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_INODE = (1 << 48) - 1
"""What CephFS numbers files by; ``ceph-fuse`` numbers snapshots in the bits above."""
_UNSEEN = (FileNotFoundError, NotADirectoryError, PermissionError)
_COMPARED_BYTES = 1 << 20
"""Contents of larger files are not read to tell versions apart."""


@dataclass(frozen=True, slots=True)
class ListedSnapshot:
    """One of the platform's snapshots."""

    name: str
    taken: datetime


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """A file, link or directory, in a snapshot or as it is now."""

    snapshot: str
    """Its name; ``NOW`` for none."""
    name: str
    state: os.stat_result

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.state.st_mode)

    def is_unchanged_from(self, other: SnapshotEntry) -> bool:
        """Whether nothing has touched it in between: no write, rename or new mode.

        A change of an inode moves its ctime, which no program can set.
        """
        return self.has_state_of(other) and (
            self.state.st_ino & _INODE,
            self.state.st_ctime_ns,
        ) == (other.state.st_ino & _INODE, other.state.st_ctime_ns)

    def has_state_of(self, other: SnapshotEntry) -> bool:
        """Whether kind, mode, size and time are the same."""
        mine, its = self.state, other.state
        return (mine.st_mode, mine.st_size, mine.st_mtime_ns) == (
            its.st_mode,
            its.st_size,
            its.st_mtime_ns,
        )


def parse_snapshot(name: str) -> ListedSnapshot:
    """Return the snapshot of a name.

    Raises:
        FilesError: It names no snapshot of the platform's.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise FilesError(f"{name!r} names no snapshot.")
    try:
        taken = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as err:
        raise FilesError(f"{name!r} names no snapshot.") from err
    return ListedSnapshot(name, taken)


@contextmanager
def opened_snapshots(
    root: Path, parts: Sequence[str] = ()
) -> Iterator[Snapshots | None]:
    """Open the snapshots that show a directory; None where there can be none.

    Args:
        root: Followed through links.
        parts: Of the directory's path beneath it, which are not.

    Raises:
        FilesError: They cannot be read.
    """
    failed = f"Versions in {parts[-1] if parts else root.name} cannot be read"
    with ThreadPoolExecutor(_READERS, "snapshots") as readers, ExitStack() as stack:
        try:
            try:
                directory = stack.enter_context(opened(root, parts))
                folder = os.open(SNAPSHOTS, DIRECTORY, dir_fd=directory)
            except (FileNotFoundError, NotADirectoryError):
                yield None
                return
            stack.callback(os.close, folder)
            yield Snapshots(directory, folder, readers)
        except OSError as err:
            raise from_os(err, failed) from err


class Snapshots:
    """The snapshots that show one directory, while it is open.

    Args:
        directory: Its descriptor.
        folder: Descriptor of its ``.snap``.
        readers: Threads that look into them.
    """

    def __init__(
        self, directory: int, folder: int, readers: ThreadPoolExecutor
    ) -> None:
        self._directory = directory
        self._folder = folder
        self._readers = readers
        found = []
        for name in os.listdir(folder):
            with suppress(FilesError):
                found.append(parse_snapshot(name))
        found.sort(key=lambda each: (each.taken, each.name), reverse=True)
        self.all = tuple(found)
        """The newest first."""

    def find(self, name: str = "") -> list[SnapshotEntry | None]:
        """Return what each snapshot has of an entry of the directory.

        Snapshots between two that show the same untouched entry have it, too: they
        are not looked into. An untouched file costs a few looks, however many there
        are.

        Args:
            name: Of the entry; empty for the directory itself.

        Raises:
            OSError: A snapshot cannot be read.
        """
        last = len(self.all) - 1
        found: dict[int, SnapshotEntry | None] = {}
        missing = sorted({*range(0, last, _STRIDE), last} if self.all else ())
        while missing:
            names = [self.all[index].name for index in missing]
            looks = self.concurrently(lambda each: self.entry(each, name), names)
            found.update(zip(missing, looks, strict=True))
            missing = []
            for newer, older in itertools.pairwise(sorted(found)):
                first, second = found[newer], found[older]
                if first and second and first.is_unchanged_from(second):
                    for index in range(newer + 1, older):
                        found[index] = SnapshotEntry(
                            self.all[index].name, name, first.state
                        )
                elif older - newer > 1:
                    missing.append((newer + older) // 2)
        return [found[index] for index in range(len(self.all))]

    def entry(self, snapshot: str, name: str = "") -> SnapshotEntry | None:
        """Return what a snapshot has; None where nothing is, or nothing may be seen.

        Args:
            snapshot: Its name, or ``NOW``.
            name: Of the entry; empty for the directory itself.

        Raises:
            OSError: It cannot be read.
        """
        try:
            with self._opened(snapshot, _PASSED) as folder:
                if name:
                    state = os.stat(name, dir_fd=folder, follow_symlinks=False)
                else:
                    state = os.fstat(folder)
        except _UNSEEN:
            return None
        return SnapshotEntry(snapshot, name, state)

    def is_same_version(self, one: SnapshotEntry, other: SnapshotEntry | None) -> bool:
        """Whether two entries of one name are one version; directories never are.

        Of a directory the time says nothing about what is below it. Content is read
        only where a program that sets times may have replaced it: what is written
        otherwise has another time or size.
        """
        if other is None or one.is_directory:
            return False
        if one.is_unchanged_from(other):
            return True
        if not one.has_state_of(other) or one.state.st_size > _COMPARED_BYTES:
            return False
        content = self._read(one)
        return content is not None and content == self._read(other)

    def list_directory(self, snapshot: str) -> list[tuple[str, bool]]:
        """Return name and being a directory of all that a snapshot has in it.

        Args:
            snapshot: Its name, or ``NOW``.

        Raises:
            OSError: It cannot be read.
        """
        try:
            with (
                self._opened(snapshot, DIRECTORY) as folder,
                os.scandir(folder) as entries,
            ):
                return [
                    (each.name, each.is_dir(follow_symlinks=False)) for each in entries
                ]
        except _UNSEEN:
            return []

    def concurrently(self, work: Callable[[T], U], of: Iterable[T]) -> list[U]:
        """Do something for each at the same time; return results in their order."""
        return list(self._readers.map(work, of))

    @contextmanager
    def _opened(self, snapshot: str, flags: int) -> Iterator[int]:
        """Open the directory as a snapshot has it, and close it afterwards."""
        if snapshot == NOW:
            yield self._directory
            return
        folder = os.open(snapshot, flags, dir_fd=self._folder)
        try:
            yield folder
        finally:
            os.close(folder)

    def _read(self, entry: SnapshotEntry) -> bytes | None:
        """Return what a file or link says; None for other kinds, and what is gone."""
        kind = entry.state.st_mode
        try:
            with self._opened(entry.snapshot, _PASSED) as folder:
                if stat.S_ISLNK(kind):
                    return os.fsencode(os.readlink(entry.name, dir_fd=folder))
                if not stat.S_ISREG(kind):
                    return None
                file = os.open(entry.name, _FILE, dir_fd=folder)
        except OSError:
            return None
        with os.fdopen(file, "rb") as content:
            return content.read(_COMPARED_BYTES + 1)
