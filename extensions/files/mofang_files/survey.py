"""Look through a home, or a project's directory, for what takes its space.

It takes a bounded time. Where the file system counts by itself (CephFS), small
directories and those that are of a kind as a whole are not looked into. Nothing is
followed, and no other file system is entered.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mofang_files.confined import DIRECTORY, opened
from mofang_files.kinds import (
    GATHERED,
    HOME,
    UNSEARCHED,
    ItemKind,
    Layout,
    Parts,
    file_kind,
)
from mofang_files.measure import Measure
from mofang_files.space import Attribute, read_attribute

_ENTRIES = 400_000
_SECONDS = 10.0
_DEPTH = 64
_LEVELS = 2
"""So deep the largest directories are told."""
_LARGEST = 10
_ITEMS = 300
_SMALL = 1 << 20
"""In a directory with less, by the file system's count, nothing is worth a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPath:
    """One file or directory of a kind."""

    parts: Parts
    device: int
    inode: int
    """Which one it was: another of its name is not what was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is removed by one choice."""

    kind: ItemKind
    path: str
    """Beneath the home; empty for all directories of a kind."""
    paths: tuple[ItemPath, ...]
    bytes: int
    files: int
    used: float
    complete: bool

    @property
    def id(self) -> str:
        """The same as long as it is there."""
        name = f"{self.kind}/{self.path}".encode(errors="surrogateescape")
        return hashlib.sha256(name).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Largest:
    """A large directory."""

    path: str
    bytes: int
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found, the largest first."""

    items: tuple[Item, ...]
    directories: tuple[Largest, ...]
    complete: bool
    """False where it was ended early, so that there may be more."""


def survey(
    home: Path,
    layout: Layout = HOME,
    *,
    attribute: Attribute = read_attribute,
    entries: int = _ENTRIES,
    seconds: float = _SECONDS,
) -> Survey:
    """Look through a directory.

    Args:
        home: The directory.
        layout: What is where in it.
        attribute: Reads an attribute of a directory.
        entries: After so many the search ends.
        seconds: After so long the search ends.

    Raises:
        OSError: The home itself cannot be read.
    """
    return _Search(home, layout, attribute, entries, seconds).run()


class _Search:
    def __init__(
        self,
        home: Path,
        layout: Layout,
        attribute: Attribute,
        entries: int,
        seconds: float,
    ) -> None:
        self._home = home
        self._layout = layout
        self._attribute = attribute
        self._left = entries
        self._end = time.monotonic() + seconds
        self._complete = True
        self._device = 0
        self._measured: dict[Parts, Measure] = {}
        self._found: dict[ItemKind, list[tuple[ItemPath, Measure]]] = {}
        self._directories: list[Largest] = []

    def run(self) -> Survey:
        with opened(self._home) as folder:
            self._device = os.fstat(folder).st_dev
            for parts in self._layout.known:
                with suppress(OSError), opened(self._home, parts) as known:
                    if os.fstat(known).st_dev == self._device:
                        self._measured[parts] = self._visit(known, parts, is_item=True)
            self._visit(folder, ())
        items = [item for kind in self._found for item in self._items(kind)]
        items.sort(key=lambda each: each.bytes, reverse=True)
        self._directories.sort(key=lambda each: each.bytes, reverse=True)
        return Survey(
            items=tuple(items[:_ITEMS]),
            directories=tuple(self._directories[:_LARGEST]),
            complete=self._complete,
        )

    def _items(self, kind: ItemKind) -> Iterator[Item]:
        groups = [self._found[kind]]
        if kind not in GATHERED:
            groups = [[each] for each in self._found[kind]]
        for group in groups:
            whole = Measure()
            for _, measure in group:
                whole.include(measure)
            yield Item(
                kind=kind,
                path="" if kind in GATHERED else "/".join(group[0][0].parts),
                paths=tuple(path for path, _ in group),
                bytes=whole.bytes,
                files=whole.files,
                used=whole.used,
                complete=whole.complete,
            )

    def _visit(self, folder: int, parts: Parts, *, is_item: bool = False) -> Measure:
        """Look through an open directory.

        Args:
            folder: Its descriptor.
            parts: Its path.
            is_item: Whether nothing in it is an item of its own.
        """
        counted = self._counted(folder)
        if counted and (is_item or counted.bytes < _SMALL):
            return counted
        found = Measure()
        names: list[str] = []
        if len(parts) >= _DEPTH:
            found.complete = False
            return found
        with os.scandir(folder) as listed:
            for entry in listed:
                if self._is_over():
                    found.complete = False
                    break
                if entry.is_dir(follow_symlinks=False):
                    names.append(entry.name)
                    continue
                kind = None if is_item else file_kind((*parts, entry.name))
                if counted and kind is None:
                    continue
                with suppress(OSError):
                    self._add_file(entry, parts, kind, found)
        # One directory at a time is listed, however many are open.
        for name in names:
            if not self._complete:
                found.complete = False
                break
            with suppress(OSError), _directory(folder, name) as deeper:
                self._add_directory(deeper, (*parts, name), is_item, found)
        return counted or found

    def _add_file(
        self, entry: os.DirEntry[str], parts: Parts, kind: ItemKind | None, to: Measure
    ) -> None:
        status = entry.stat(follow_symlinks=False)
        to.add(status)
        if kind is not None and stat.S_ISREG(status.st_mode):
            measure = Measure()
            measure.add(status)
            self._note(kind, (*parts, entry.name), status, measure)

    def _add_directory(
        self, folder: int, parts: Parts, is_item: bool, to: Measure
    ) -> None:
        status = os.fstat(folder)
        if status.st_dev != self._device:
            return
        kind = None if is_item else self._layout.directory_kind(parts)
        measure = None if is_item else self._measured.get(parts)
        if measure is None:
            is_closed = kind is not None or parts[-1] in UNSEARCHED
            measure = self._visit(folder, parts, is_item=is_item or is_closed)
            measure.add(status)
        if kind is not None:
            self._note(kind, parts, status, measure)
        if len(parts) <= _LEVELS:
            self._directories.append(
                Largest(
                    path="/".join(parts),
                    bytes=measure.bytes,
                    complete=measure.complete,
                )
            )
        to.include(measure)

    def _note(
        self, kind: ItemKind, parts: Parts, status: os.stat_result, measure: Measure
    ) -> None:
        path = ItemPath(parts=parts, device=status.st_dev, inode=status.st_ino)
        self._found.setdefault(kind, []).append((path, measure))

    def _counted(self, folder: int) -> Measure | None:
        size = self._attribute(folder, "ceph.dir.rbytes")
        files = self._attribute(folder, "ceph.dir.rentries")
        if size is None or files is None:
            return None
        return Measure(
            bytes=size,
            files=max(files - 1, 0),
            used=self._attribute(folder, "ceph.dir.rctime") or 0.0,
        )

    def _is_over(self) -> bool:
        self._left -= 1
        if self._left < 0 or time.monotonic() > self._end:
            self._complete = False
        return not self._complete


@contextmanager
def _directory(folder: int, name: str) -> Iterator[int]:
    found = os.open(name, DIRECTORY, dir_fd=folder)
    try:
        yield found
    finally:
        os.close(found)
