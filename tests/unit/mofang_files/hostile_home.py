"""A root in which somebody makes trouble, and what is done there by its owner.

Everything beside the root is somebody else's: a job or a colleague who writes in it
tries to have the person's server read, change or remove that.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path

from unit.mofang_files.conftest import DAILY, HOURLY
from unit.mofang_files.trouble import (
    MONTH_SECONDS,
    PATHS,
    REQUESTED,
    UNDO,
    Parts,
    Trouble,
)

from mofang_files.cleaned_root import CleanedRoot, everything
from mofang_files.cleanup import Cleaner
from mofang_files.comparing import read_version
from mofang_files.errors import FilesError
from mofang_files.kinds import CACHES, ItemKind, project_layout
from mofang_files.records import Mode
from mofang_files.restoring import restore_beside, restore_in_place, undo_restore
from mofang_files.roots import Root, Roots
from mofang_files.space import SpaceReader
from mofang_files.survey import survey
from mofang_files.versions import find_versions

CANARY = "of-somebody-else-4711"
"""In every name and content beside the root; nobody may come to see it."""
LINKED = "reached by a hard link"
TEXTS = ("..", ".", "", ".snap", "\0", "\ud800", "x" * 300, "~", "*")


async def caches_alone() -> frozenset[ItemKind]:
    """Return what a member of a project may remove."""
    return CACHES


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
        self._trouble = Trouble(self.root, self._others, draw)
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
            ((".mofang", "cleanups", f"{UNDO}.json"), self._trouble.record()),
            ((".mofang", "replaced", UNDO, "path"), self._trouble.path()),
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
            os.utime(each, (time.time() - MONTH_SECONDS, time.time() - MONTH_SECONDS))

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
            self._trouble.meddle()
        answer: object = None
        with self._trouble.meanwhile():
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
        if self.root.name == "home":
            root, find_allowed = CleanedRoot(path=self.root), everything
        else:
            layout = project_layout(os.getuid())
            root = CleanedRoot(path=self.root, layout=layout)
            find_allowed = self._draw.choice([everything, caches_alone])
        return Cleaner(
            root,
            self._snapshot,
            find_allowed=find_allowed,
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
