"""A home on a real directory that is cleaned up; snapshots are as CephFS shows."""

import asyncio
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from mofang_files.cleaned_root import CleanedRoot
from mofang_files.cleanup import Cleaner

SNAPSHOT = "mofang-requested-20261130T041500Z"
PIP = ".cache/pip"


@dataclass
class Home:
    """A home, and what is asked for it."""

    path: Path
    cleaner: Cleaner = None
    unneeded: set = field(default_factory=set)
    failure: Exception | None = None
    snapshots: int = 0

    def write(self, path, size=1_000):
        file = self.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
        return file

    async def snapshot(self):
        if self.failure is not None:
            raise self.failure
        self.snapshots += 1
        kept = self.path / ".snap" / SNAPSHOT
        await asyncio.to_thread(
            shutil.copytree,
            self.path,
            kept,
            symlinks=True,
            ignore=shutil.ignore_patterns(".snap"),
        )
        return SNAPSHOT

    async def ids(self, *paths):
        items = (await self.cleaner.list_items())["items"]
        return [each["id"] for each in items if each["path"] in paths]

    async def clean(self, mode, *paths):
        return await self.cleaner.clean(await self.ids(*paths), mode)

    def trashed(self):
        folder = self.path / ".local/share/Trash"
        return [
            sorted(each.name for each in (folder / part).iterdir())
            for part in ("files", "info")
        ]


def make_home(folder):
    """Make one with a cache of pip and a script."""
    path = folder / "home"
    path.mkdir()
    made = Home(path)
    made.cleaner = Cleaner(
        CleanedRoot(path=path),
        made.snapshot,
        find_unneeded=lambda: set(made.unneeded),
    )
    made.write(f"{PIP}/wheels/a.whl", 300_000)
    made.write("work/train.py")
    return made
