"""Trouble in a root: links, records, modes, names, and all of it at the worst moment.

An audit hook of Python calls it between a check and a use, where a race of two
processes comes once in thousands.
"""

from __future__ import annotations

import contextvars
import json
import os
import random
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unit.mofang_files.conftest import DAILY, HOURLY

REQUESTED = "mofang-requested-20261130T041500Z"
UNDO = "0123456789abcdef"
MONTH_SECONDS = 30 * 24 * 3600
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_EVENTS = {
    "open",
    "os.chmod",
    "os.link",
    "os.listdir",
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.scandir",
    "os.symlink",
    "os.utime",
}

Parts = tuple[str, ...]

PATHS: tuple[Parts, ...] = tuple(
    tuple(each.split("/"))
    for each in (
        ".cache",
        ".cache/pip",
        ".cache/pip/wheels",
        ".local/share/Trash",
        ".local/share/Trash/files",
        ".local/share/Trash/info",
        ".mofang",
        ".mofang/cleanups",
        f".mofang/cleanups/{UNDO}.json",
        ".mofang/code",
        ".mofang/replaced",
        f".mofang/replaced/{UNDO}",
        f".mofang/replaced/{UNDO}/old",
        f".mofang/replaced/{UNDO}/path",
        ".snap",
        f".snap/{HOURLY}",
        f".snap/{HOURLY}/src",
        f".snap/{REQUESTED}",
        f".snap/{REQUESTED}/.cache",
        f".snap/{REQUESTED}/.cache/pip",
        "src",
        "src/.snap",
        f"src/.snap/{DAILY}",
        f"src/.snap/{HOURLY}",
        f"src/.snap/{HOURLY}/train.py",
        "src/__pycache__",
        "src/checkpoint-1",
        "src/train.py",
        os.fsdecode(b"no-utf8-\xff"),
        "two\nlines",
    )
)

_meddling: contextvars.ContextVar[Callable[[str], None] | None] = (
    contextvars.ContextVar("meddling", default=None)
)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _EVENTS and (meddle := _meddling.get()) is not None:
        # What it does itself is not heard.
        token = _meddling.set(None)
        used = arguments[0]
        try:
            meddle(used if isinstance(used, str) else "")
        finally:
            _meddling.reset(token)


class Trouble:
    """Whoever writes in a root and wants something of what is beside it.

    Args:
        root: Where the trouble is.
        others: Everything of others that is worth reaching; a file ``linked`` may be
            reached by hard links.
        draw: Decides everything.
    """

    def __init__(self, root: Path, others: Path, draw: random.Random) -> None:
        self._root = root
        self._others = others
        self._draw = draw

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        """Make trouble in the middle of what is done here, and in threads of it."""
        chance = self._draw.choice([0.0, 0.05, 0.3])

        def meddle(used: str) -> None:
            if self._draw.random() < chance:
                self.meddle(used)

        token = _meddling.set(meddle)
        try:
            yield
        finally:
            _meddling.reset(token)

    def meddle(self, used: str = "") -> None:
        """Do something to one place; what cannot be done is left.

        Args:
            used: Name that is about to be used, which is the best to swap.
        """
        parts = self._draw.choice(self._paths_named(used) or PATHS)
        act = self._draw.choice(
            [
                *[self._link] * (12 if used else 4),
                self._hard_link,
                self._file,
                self._directory,
                self._pipe,
                self._rename,
                self._remove,
                self._state,
            ]
        )
        with suppress(OSError), _opened(self._root, parts[:-1]) as folder:
            act(folder, parts[-1])

    def _paths_named(self, name: str) -> list[Parts]:
        """Where something of a name is by now, or could come to be."""
        if name in {"", ".", ".."} or "/" in name:
            return []
        found, free = [], []
        for folder, directories, files in os.walk(self._root):
            parts = (*Path(folder).relative_to(self._root).parts, name)
            (found if name in (*directories, *files) else free).append(parts)
        return found or free

    def _link(self, folder: int, name: str) -> None:
        _clear(folder, name)
        others = self._others
        target = self._draw.choice(
            [
                str(others),
                str(others / ".cache"),
                str(others / ".cache" / "pip"),
                str(others / "wheels"),
                str(others / HOURLY),
                str(others / "train.py"),
                os.path.relpath(others, self._root / "src"),
                "..",
                ".",
                name,
                "/proc/self/cwd",
                f"/proc/self/fd/{folder}",
            ]
        )
        os.symlink(target, name, dir_fd=folder)

    def _hard_link(self, folder: int, name: str) -> None:
        _clear(folder, name)
        os.link(self._others / "linked", name, dst_dir_fd=folder)

    def _file(self, folder: int, name: str) -> None:
        _clear(folder, name)
        text = self._draw.choice(["own", "[" * 5_000, self.record(), self.path()])
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
        with os.fdopen(file, "w") as opened:
            opened.write(text)

    def record(self) -> str:
        """What a clean-up left to be undone, as somebody would write it."""
        mode = self._draw.choice(["trash", "snapshot", "permanent", "x"])
        removed = [
            {
                "parts": self._draw.choice(
                    [
                        ["src", "train.py"],
                        ["..", "others", "train.py"],
                        ["/", *self._others.parts[1:]],
                        [str(self._others)],
                        ["src", "..", ".."],
                        [".snap", HOURLY],
                        [],
                    ]
                ),
                "bytes": 1,
                "name": self._draw.choice(["", "a", "..", "../../..", "/", "wheels"]),
            }
        ]
        return json.dumps(
            {
                "id": UNDO,
                "at": "2026-11-30T04:15:00+00:00",
                "mode": mode,
                "bytes": 1,
                "snapshot": REQUESTED if mode == "snapshot" else "",
                "removed": removed,
            }
        )

    def path(self) -> str:
        """What a restoration replaced, as somebody would write it."""
        return self._draw.choice(
            [
                "src/train.py",
                "../others/train.py",
                str(self._others / "train.py"),
                f"src/.snap/{HOURLY}/train.py",
                "..",
                "",
                "src/\0",
            ]
        )

    def _directory(self, folder: int, name: str) -> None:
        _clear(folder, name)
        os.mkdir(name, dir_fd=folder)

    def _pipe(self, folder: int, name: str) -> None:
        _clear(folder, name)
        os.mkfifo(name, dir_fd=folder)

    def _rename(self, folder: int, name: str) -> None:
        *above, new_name = self._draw.choice(PATHS)
        with _opened(self._root, tuple(above)) as target:
            _clear(target, new_name)
            os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=target)

    def _remove(self, folder: int, name: str) -> None:
        _clear(folder, name)

    def _state(self, folder: int, name: str) -> None:
        """Another mode, another owner, an old time, an attribute."""
        past = time.time() - MONTH_SECONDS
        state = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISREG(state.st_mode) and state.st_nlink > 1:
            # Who has a hard link may change the file itself.
            return
        os.utime(name, (past, past), dir_fd=folder, follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            opened = os.open(name, _FOLDER, dir_fd=folder)
            try:
                os.setxattr(opened, "user.ceph.quota.max_bytes", b"1")
                os.fchmod(opened, self._draw.choice([0o000, 0o500, 0o777, 0o1777]))
                if os.geteuid() == 0:
                    os.fchown(opened, 1001, 1001)
            finally:
                os.close(opened)


@contextmanager
def _opened(root: Path, parts: Parts) -> Iterator[int]:
    """Open a directory of the root; who makes trouble there gets no further either."""
    folder = os.open(root, _FOLDER)
    try:
        for part in parts:
            with suppress(FileExistsError):
                os.mkdir(part, dir_fd=folder)
            deeper = os.open(part, _FOLDER, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def _clear(folder: int, name: str) -> None:
    with suppress(FileNotFoundError):
        try:
            os.unlink(name, dir_fd=folder)
        except IsADirectoryError:
            shutil.rmtree(name, dir_fd=folder)


sys.addaudithook(_heard)
