"""A root in which somebody makes trouble, and what is done there by its owner.

Everything beside the root is somebody else's: a job or a colleague who writes in it
tries to have the person's server read, change or remove that. Trouble is made before
each act and in the middle of it: an audit hook of Python calls it between a check and
the use, where a race of two processes comes once in thousands.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import random
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from unit.mofang_files.conftest import DAILY, HOURLY

from mofang_files.cleanup import Cleaner
from mofang_files.comparing import read_version
from mofang_files.errors import FilesError
from mofang_files.records import Mode
from mofang_files.restoring import restore_beside, restore_in_place, undo_restore
from mofang_files.roots import Root, Roots
from mofang_files.space import SpaceReader
from mofang_files.survey import survey
from mofang_files.versions import find_versions

CANARY = "of-somebody-else-4711"
"""In every name and content beside the root; nobody may come to see it."""
LINKED = "reached by a hard link"
REQUESTED = "mofang-requested-20261130T041500Z"
UNDO = "0123456789abcdef"
_MONTH = 30 * 24 * 3600
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
TEXTS = ("..", ".", "", ".snap", "\0", "\ud800", "x" * 300, "~", "*")

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


class HostileHome:
    """One root, made anew for some acts.

    Args:
        folder: Empty; for the root and for what is beside it.
        draw: Decides everything.
    """

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self._draw = draw
        self._storage = folder / "storage"
        self.root = self._storage / draw.choice(["home", "projects/vision"])
        self._others = self._storage / "others"
        self._make_others()
        self.root.mkdir(parents=True)
        (self.root / ".cache/pip/wheels").mkdir(parents=True)
        (self.root / "src" / ".snap" / HOURLY).mkdir(parents=True)
        kept = self.root / ".snap" / HOURLY / "src" / "deep"
        kept.mkdir(parents=True)
        (kept / "train.py").write_text("before")
        for name in (".cache/pip/wheels/a", "src/train.py", "src/a.ckpt"):
            (self.root / name).write_text("own")
        (self.root / f"src/.snap/{HOURLY}/train.py").write_text("before")
        for parts, text in (
            ((".mofang", "cleanups", f"{UNDO}.json"), self._record()),
            ((".mofang", "replaced", UNDO, "path"), self._path()),
            ((".mofang", "replaced", UNDO, "old"), "own"),
        ):
            file = self.root.joinpath(*parts)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self._roots = Roots((Root("home", self.root),), self._storage)
        self._cleaner = self._new_cleaner()
        self._undo = UNDO
        self._facts = self._observe()

    def _make_others(self) -> None:
        for name in (
            "",
            f"d-{CANARY}",
            "wheels",
            ".cache/pip",
            "train.py.d",
            f"{HOURLY}/src",
        ):
            (self._others / name).mkdir(parents=True, exist_ok=True)
            (self._others / name / CANARY).write_text(CANARY)
            (self._others / name / "train.py").write_text(CANARY)
        (self._others / "linked").write_text(LINKED)
        for each in [self._others, *self._others.rglob("*")]:
            # Old enough to be forgotten.
            os.utime(each, (time.time() - _MONTH, time.time() - _MONTH))

    def _observe(self) -> dict[str, tuple[object, ...]]:
        """All that is beside the root; the number of its names may change."""
        found = {}
        for each in [self._others, *self._others.rglob("*")]:
            state = each.lstat()
            content = each.read_bytes() if stat.S_ISREG(state.st_mode) else b""
            found[str(each)] = (
                state.st_mode,
                state.st_uid,
                state.st_mtime_ns,
                tuple(os.listxattr(each)),
                content,
            )
        beside = [*self._storage.iterdir(), *self.root.parent.iterdir()]
        found["beside"] = (sorted(map(str, beside)),)
        return found

    async def act(self) -> None:
        """Do one thing while somebody makes trouble.

        Raises:
            AssertionError: Something beside the root was read, changed or removed.
        """
        for _ in range(self._draw.randrange(3)):
            self._meddle()
        answer: object = None
        with self._meddled():
            try:
                answer = await self._draw.choice(
                    [self._versions, self._restore, self._clean_up, self._space]
                )()
            except FilesError as err:
                answer = str(err)
        said = json.dumps(answer, default=str)
        assert CANARY not in said, f"read: {said}"
        now = self._observe()
        assert now == self._facts, "changed: " + str(
            [
                name
                for name in {*now, *self._facts}
                if now.get(name) != self._facts.get(name)
            ]
        )

    def check(self) -> None:
        """Look whether anything of somebody else was copied into the root.

        Raises:
            AssertionError: It was.
        """
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                assert CANARY not in name, path
                if stat.S_ISREG(path.lstat().st_mode):
                    assert CANARY.encode() not in path.read_bytes(), path

    @contextmanager
    def _meddled(self) -> Iterator[None]:
        chance = self._draw.choice([0.0, 0.05, 0.3])

        def meddle(used: str) -> None:
            if self._draw.random() < chance:
                self._meddle(used)

        token = _meddling.set(meddle)
        try:
            yield
        finally:
            _meddling.reset(token)

    async def _snapshot(self) -> str:
        return REQUESTED

    async def _versions(self) -> object:
        text, snapshot = self._text(), self._snapshot_name()
        if self._draw.random() < 0.5:
            return await asyncio.to_thread(find_versions, self._roots, text)
        return await asyncio.to_thread(read_version, self._roots, text, snapshot)

    async def _restore(self) -> object:
        if self._draw.random() < 0.3:
            undo = self._draw.choice([self._undo, UNDO, "../..", ""])
            return await asyncio.to_thread(undo_restore, undo, self._roots.all[0])
        place, snapshot = self._roots.find(self._text()), self._snapshot_name()
        if self._draw.random() < 0.3:
            return await asyncio.to_thread(restore_beside, place, snapshot)
        self._undo = await asyncio.to_thread(restore_in_place, place, snapshot)
        return self._undo

    async def _clean_up(self) -> object:
        try:
            found = await self._cleaner.list_items()
        except OSError:
            # The handler says that the home cannot be looked through.
            return None
        ids = [each["id"] for each in found["items"]]
        self._draw.shuffle(ids)
        said = [found]
        with suppress(FilesError):
            mode = self._draw.choice(list(Mode))
            said.append(await self._cleaner.clean(ids[:3], mode))
            if undo := said[-1]["undo"]:
                said.append(await self._cleaner.undo(undo))
        with suppress(FilesError):
            # As an earlier server left it, or whoever writes there.
            said.append(await self._cleaner.undo(UNDO))
        with suppress(FilesError):
            said.append(await self._cleaner.delete_permanently(UNDO))
        self._cleaner = self._new_cleaner()
        return said

    def _new_cleaner(self) -> Cleaner:
        return Cleaner(
            self.root,
            self._snapshot,
            find_unneeded=set,
            find_open=set,
            visible_seconds=0,
        )

    async def _space(self) -> object:
        with suppress(OSError):
            survey(self.root)
        return SpaceReader(self._roots).read()

    def _text(self) -> str:
        """A path of the file browser, mostly of something that is there."""
        parts = list(self.root.relative_to(self._storage).parts)
        usual: list[Parts] = [("src", "train.py"), ("src",), ("src", "a.ckpt")]
        parts += self._draw.choice(self._draw.choice([usual, usual, list(PATHS)]))
        if self._draw.random() < 0.2:
            parts.insert(self._draw.randrange(len(parts) + 1), self._draw.choice(TEXTS))
        if self._draw.random() < 0.1:
            parts = ["others", self._draw.choice(["", "train.py", "wheels"])]
        return "/".join(parts)

    def _snapshot_name(self) -> str:
        return self._draw.choice(
            [*[HOURLY] * 8, DAILY, REQUESTED, "..", f"{HOURLY}/..", "", "by-hand"]
        )

    def _meddle(self, used: str = "") -> None:
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
        with suppress(OSError), _opened(self.root, parts[:-1]) as folder:
            act(folder, parts[-1])

    def _paths_named(self, name: str) -> list[Parts]:
        """Where something of a name is by now, or could come to be."""
        if name in {"", ".", ".."} or "/" in name:
            return []
        found, free = [], []
        for folder, directories, files in os.walk(self.root):
            parts = (*Path(folder).relative_to(self.root).parts, name)
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
                os.path.relpath(others, self.root / "src"),
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
        text = self._draw.choice(["own", "[" * 5_000, self._record(), self._path()])
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
        with os.fdopen(file, "w") as opened:
            opened.write(text)

    def _record(self) -> str:
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

    def _path(self) -> str:
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
        with _opened(self.root, tuple(above)) as target:
            _clear(target, new_name)
            os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=target)

    def _remove(self, folder: int, name: str) -> None:
        _clear(folder, name)

    def _state(self, folder: int, name: str) -> None:
        """Another mode, another owner, an old time, an attribute."""
        past = time.time() - _MONTH
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


async def attack(folder: Path, *, acts: int, seed: int, acts_per_home: int = 10) -> int:
    """Do so many acts; return how many were answered.

    Args:
        folder: Empty.
        acts: How many.
        seed: Gives the same trouble again.
        acts_per_home: After so many it is made anew.

    Raises:
        AssertionError: One of them was a success for whoever makes trouble.
    """
    done = 0
    while done < acts:
        draw = random.Random(f"{seed}/{done}")
        place = folder / secrets.token_hex(4)
        home = HostileHome(place, draw)
        for number in range(min(acts_per_home, acts - done)):
            try:
                await home.act()
            except Exception as err:
                raise AssertionError(
                    f"seed {seed}, act {done + number}: {err!r}"
                ) from err
        home.check()
        done += min(acts_per_home, acts - done)
        shutil.rmtree(place)
    return done


sys.addaudithook(_heard)
