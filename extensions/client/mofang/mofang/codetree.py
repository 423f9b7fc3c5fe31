"""List what of a directory belongs into a snapshot of its code, within bounds.

Reads names and sizes, never contents. Caches are left out, and what the directory's
own ``.mofangignore`` names, in the form of ``.gitignore``.
"""

from __future__ import annotations

import codecs
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from pathspec import GitIgnoreSpec

from mofang.shorthand import refused
from mofang_api.models.delivery import MAX_CODE_BYTES, MAX_CODE_DEPTH, MAX_CODE_FILES
from mofang_api.quantities import format_bytes

IGNORE_FILE = ".mofangignore"
CACHES = frozenset(
    {
        *(".git", ".hg", ".svn", ".mofang", ".ipynb_checkpoints", "__pycache__"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".DS_Store"),
    }
)
CACHE_TAG = "CACHEDIR.TAG"
"""What marks a directory as a cache by a convention of many tools; see
https://bford.info/cachedir/."""

MAX_COUNTED = 20_000
"""Where counting ends: to say that there are far too many, that is exact enough."""

MAX_FAULTS = 5

Ignored = Callable[[str], bool]


class EntryKind(Enum):
    """What an entry is."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"


class ChangedError(Exception):
    """A file changed while it was copied; its name is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing in a directory of code."""

    name: str
    """Its path from there."""

    kind: EntryKind
    size: int = 0
    target: str = ""
    """Where a link leads, as it is written."""


@dataclass(slots=True)
class _Tally:
    """What was found so far, and what of it cannot be copied."""

    max_counted: int
    """Files or directories, after which counting ends."""

    files: int = 0
    directories: int = 0
    size: int = 0
    faults: list[str] = field(default_factory=list)
    shares: Counter[str] = field(default_factory=Counter)
    """Files of each part of the directory, to say where the many are."""

    weights: Counter[str] = field(default_factory=Counter)
    """Bytes of each part."""

    def add(self, entry: Entry) -> None:
        if entry.kind is EntryKind.DIRECTORY:
            self.directories += 1
            return
        top, inside, _ = entry.name.partition("/")
        part = top + inside
        self.files += 1
        self.size += entry.size
        self.shares[part] += 1
        self.weights[part] += entry.size

    @property
    def is_hopeless(self) -> bool:
        return (
            max(self.files, self.directories) >= self.max_counted
            or len(self.faults) >= MAX_FAULTS
        )


def list_tree(root: Path, *, max_counted: int = MAX_COUNTED) -> list[Entry]:
    """Return what a snapshot of a directory holds, in a fixed order.

    Args:
        root: The directory.
        max_counted: Files or directories, after which counting ends.

    Raises:
        InvalidError: It is too much, or some of it cannot be copied; says what, and
            the way out.
        ChangedError: Something went away meanwhile.
    """
    tally, entries = _Tally(max_counted), []
    for entry in _walk(root, read_ignored(root), tally):
        entries.append(entry)
        tally.add(entry)
        if tally.is_hopeless:
            break
    _check(root, tally)
    return sorted(entries, key=lambda entry: entry.name)


def read_ignored(root: Path) -> Ignored:
    """Return what says of a name whether ``.mofangignore`` leaves it out.

    Names of directories end in a slash.
    """
    try:
        text = (root / IGNORE_FILE).read_bytes()
    except FileNotFoundError:
        return lambda _: False
    except OSError as error:
        raise refused(
            code=f"{root / IGNORE_FILE} cannot be read: {error.strerror}."
        ) from error
    try:
        # Editors of Windows begin a file with a mark of its encoding.
        lines = os.fsdecode(text.removeprefix(codecs.BOM_UTF8)).splitlines()
        rules = GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise refused(
            code=f"{root / IGNORE_FILE} has a line that is not a pattern: {error}"
        ) from error
    return rules.match_file


def _walk(root: Path, ignored: Ignored, tally: _Tally) -> Iterator[Entry]:
    """Yield what is to be copied; note what cannot be."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except FileNotFoundError:
            raise ChangedError(folder) from None
        except OSError as error:
            tally.faults.append(f"{folder!r} cannot be read ({error.strerror})")
            continue
        if folder and any(item.name == CACHE_TAG for item in items):
            continue
        for item in items:
            name = f"{folder}{item.name}"
            is_directory = item.is_dir(follow_symlinks=False)
            path = f"{name}/" if is_directory else name
            if item.name in CACHES or ignored(path):
                continue
            entry = _read_entry(root, name, tally)
            if entry is None:
                continue
            yield entry
            if is_directory:
                waiting.append(path)


def _read_entry(root: Path, name: str, tally: _Tally) -> Entry | None:
    """Return an entry, or note why it cannot be copied."""
    try:
        status = os.lstat(root / name)
        fault = _fault(root, name, status.st_mode)
        target = os.readlink(root / name) if stat.S_ISLNK(status.st_mode) else ""  # noqa: PTH115 - as it is written, "./" too
    except FileNotFoundError:
        raise ChangedError(name) from None
    if not fault and target and _leaves(root, name, target):
        fault = "is a link that leads out of the directory"
    if fault:
        tally.faults.append(f"{name[:200]!r} {fault}")
        return None
    if target:
        return Entry(name=name, kind=EntryKind.LINK, target=target)
    if stat.S_ISDIR(status.st_mode):
        return Entry(name=name, kind=EntryKind.DIRECTORY)
    return Entry(name=name, kind=EntryKind.FILE, size=status.st_size)


def _fault(root: Path, name: str, mode: int) -> str:
    if name.count("/") + 1 > MAX_CODE_DEPTH:
        return f"lies deeper than {MAX_CODE_DEPTH}"
    if stat.S_ISDIR(mode) or stat.S_ISLNK(mode):
        return ""
    if not stat.S_ISREG(mode):
        return "is a device, a pipe or a socket"
    return "" if os.access(root / name, os.R_OK) else "cannot be read"


def _leaves(root: Path, name: str, target: str) -> bool:
    """Say whether a link leads elsewhere, as it is written or as it is followed."""
    written = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120 - nothing may be resolved
    is_outside = written == ".." or written.startswith("../")
    return (
        target.startswith("/")
        or is_outside
        or not Path(os.path.realpath(root / name)).is_relative_to(root)
    )


def _check(root: Path, tally: _Tally) -> None:
    if tally.faults:
        shown = "; ".join(tally.faults[:MAX_FAULTS])
        raise refused(
            code=f"{root} cannot be copied: {shown}. Remove them, name them in "
            f"{IGNORE_FILE}, or use the code in place, without a snapshot."
        )
    way_out = (
        f"Name what is not code in {IGNORE_FILE}, choose a smaller directory, or use "
        "the code in place, without a snapshot."
    )
    for what, count in (("files", tally.files), ("directories", tally.directories)):
        if count > MAX_CODE_FILES:
            number = (
                f"more than {tally.max_counted:,}"
                if count >= tally.max_counted
                else count
            )
            raise refused(
                code=f"{root} holds {number} {what}; at most {MAX_CODE_FILES} are "
                f"copied.{_maximum(tally.shares, str)} {way_out}"
            )
    if tally.size > MAX_CODE_BYTES:
        raise refused(
            code=f"{root} holds {format_bytes(tally.size)}; at most "
            f"{format_bytes(MAX_CODE_BYTES)} are copied."
            f"{_maximum(tally.weights, format_bytes)} {way_out}"
        )


def _maximum(parts: Counter[str], show: Callable[[int], str]) -> str:
    maximum = ", ".join(f"{name!r} ({show(n)})" for name, n in parts.most_common(3))
    return f" Most are in {maximum}." if maximum else ""
