"""Clean a directory up: remove what was chosen of a survey, and take that back.

It is a home or the directory of a project. Where the file system keeps snapshots, one
is taken before. Where it does not, things are moved to the Trash, which frees nothing
until they are deleted permanently.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime

from mofang_files.cleaned_root import CleanedRoot, FindAllowed, everything
from mofang_files.code_copies import FindUnneeded, find_unneeded, only_unneeded
from mofang_files.errors import FilesError, RoleError
from mofang_files.history import History
from mofang_files.in_use import open_files
from mofang_files.item_paths import (
    Removed,
    Skipped,
    is_kept,
    put_in_trash,
    remove_path,
    remove_trashed,
    restore_path,
    restore_trashed,
)
from mofang_files.kinds import ItemKind
from mofang_files.records import CleanUp, Mode
from mofang_files.roots import SNAPSHOTS
from mofang_files.space import Attribute, read_attribute
from mofang_files.survey import Item, ItemPath, Survey, survey
from mofang_files.trash import Trash

_VISIBLE_SECONDS = 15.0
_CODE_SECONDS = 10.0


class ItemChangedError(FilesError):
    """What was chosen is not what is there."""

    code = "changed"
    status = 409


class Cleaner:
    """What takes the space of one directory, and what was removed of that.

    Args:
        root: The directory.
        take_snapshot: Has a snapshot of it taken; returns its name.
        find_allowed: Is asked before each act.
        find_unneeded: Says which copies of code no job needs.
        find_open: Says what processes have open.
        attribute: Reads an attribute of a directory.
        visible_seconds: How long a snapshot may take to be seen by this server.
    """

    def __init__(
        self,
        root: CleanedRoot,
        take_snapshot: Callable[[], Awaitable[str]],
        *,
        find_allowed: FindAllowed = everything,
        find_unneeded: FindUnneeded = find_unneeded,
        find_open: Callable[[], set[str]] = open_files,
        attribute: Attribute = read_attribute,
        visible_seconds: float = _VISIBLE_SECONDS,
    ) -> None:
        self.visible_seconds = visible_seconds
        self._root = root
        self._home = root.path
        self._trash = Trash(root.path, root.layout.trash)
        self._take_snapshot = take_snapshot
        self._find_allowed = find_allowed
        self._find_unneeded = find_unneeded
        self._find_open = find_open
        self._attribute = attribute
        self._items: dict[str, Item] = {}
        self._history = History(root.path)
        self._lock = asyncio.Lock()

    @property
    def keeps_snapshots(self) -> bool:
        """Whether a snapshot can be taken before something is removed."""
        is_counted = self._attribute(self._home, "ceph.dir.rbytes") is not None
        return is_counted and (self._home / SNAPSHOTS).is_dir()

    async def list_items(self) -> dict[str, object]:
        """Return what takes the space, and what of that may be removed.

        Raises:
            OSError: The directory cannot be read.
        """
        await self._history.load()
        found, unneeded, (allowed, reason) = await asyncio.gather(
            asyncio.to_thread(
                survey, self._home, self._root.layout, attribute=self._attribute
            ),
            self._unneeded(),
            self._allowed(),
        )
        answer = await asyncio.to_thread(self._as_json, found, unneeded, allowed)
        return {
            **answer,
            "root": self._root.shown,
            "restricted": allowed != frozenset(ItemKind),
            "reason": reason,
        }

    async def clean(self, ids: Sequence[str], mode: Mode) -> dict[str, object]:
        """Remove items.

        Args:
            ids: Of the last look.
            mode: What becomes of them.

        Raises:
            FilesError: Nothing was removed; says why.
        """
        async with self._alone():
            await self._history.load()
            items = self._chosen(ids)
            allowed = await self._find_allowed()
            if any(each.kind not in allowed for each in items):
                raise _not_allowed()
            if mode is Mode.TRASH and any(
                each.kind is ItemKind.TRASH for each in items
            ):
                raise FilesError(
                    "What is in the Trash can only be deleted permanently."
                )
            name = ""
            if mode is Mode.SNAPSHOT:
                name = await self._take_snapshot()
                await self._wait_visible(name)
            return await asyncio.to_thread(self._clean, items, mode, name)

    async def undo(self, undo: str) -> dict[str, object]:
        """Put back what was removed, where nothing has taken its place.

        Args:
            undo: As ``clean`` answered it; may be asked for again with what was left.

        Raises:
            FilesError: Nothing of it can be put back.
        """
        async with self._alone():
            done = await self._find_done(undo)
            return await asyncio.to_thread(self._undo, done)

    async def delete_permanently(self, undo: str) -> dict[str, object]:
        """Delete what a clean-up moved to the Trash.

        Raises:
            FilesError: Nothing is in the Trash because of it.
        """
        async with self._alone():
            done = await self._find_done(undo)
            if done.mode is not Mode.TRASH:
                raise FilesError("What was removed is in no Trash.")
            return await asyncio.to_thread(self._empty, done)

    async def _find_done(self, undo: str) -> CleanUp:
        """Return a clean-up of which all may be put back, or deleted.

        Raises:
            FilesError: There is none, or it is of others.
        """
        await self._history.load()
        done = self._history.find(undo)
        allowed = await self._find_allowed()
        layout = self._root.layout
        # What is kept of it says no kinds, and anybody of a project may write there.
        if allowed != frozenset(ItemKind) and any(
            layout.directory_kind(each.parts) not in allowed for each in done.removed
        ):
            raise _not_allowed()
        return done

    async def _allowed(self) -> tuple[frozenset[ItemKind], str]:
        """Return what may be removed, and why that is nothing."""
        try:
            return await self._find_allowed(), ""
        except FilesError as err:
            return frozenset(), str(err)

    async def _unneeded(self) -> set[str]:
        try:
            async with asyncio.timeout(_CODE_SECONDS):
                return await asyncio.to_thread(self._find_unneeded)
        except TimeoutError:
            return set()

    def _as_json(
        self, found: Survey, unneeded: set[str], allowed: frozenset[ItemKind]
    ) -> dict[str, object]:
        items: dict[str, Item] = {}
        for each in found.items:
            if each.kind not in allowed:
                continue
            item = each
            if item.kind is ItemKind.CODE:
                fitting = only_unneeded(item, self._home, unneeded)
                if fitting is None:
                    continue
                item = fitting
            items[item.id] = item
        self._items = items
        files = self._find_open()
        return {
            "items": [self._root.describe(each, files) for each in items.values()],
            "directories": [
                {
                    "path": str(self._home / each.path),
                    "bytes": each.bytes,
                    "complete": each.complete,
                }
                for each in found.directories
            ],
            "complete": found.complete,
            "keeps_snapshots": self.keeps_snapshots,
            "last": self._history.last(),
        }

    def _chosen(self, ids: Sequence[str]) -> list[Item]:
        if not ids:
            raise FilesError("Choose what is to be removed.")
        items = [self._items.get(each) for each in dict.fromkeys(ids)]
        known = [each for each in items if each is not None]
        if len(known) < len(items):
            raise ItemChangedError(
                "What takes the space has changed since. Refresh the list."
            )
        return known

    async def _wait_visible(self, name: str) -> None:
        """Wait until this server sees a snapshot of the directory."""
        end = time.monotonic() + self.visible_seconds
        while not await asyncio.to_thread(is_kept, self._home, name):
            if time.monotonic() > end:
                raise FilesError(
                    "The snapshot is not visible here yet, so nothing was removed. Try "
                    "again in a minute."
                )
            await asyncio.sleep(0.2)

    def _clean(self, items: list[Item], mode: Mode, snapshot: str) -> dict[str, object]:
        done = CleanUp(
            id=secrets.token_hex(8),
            at=datetime.now(UTC),
            mode=mode,
            bytes=0,
            snapshot=snapshot,
            removed=[],
        )
        if mode is not Mode.PERMANENT:
            # Also where the browser goes before the answer.
            self._history.add(done)
        skipped: list[Skipped] = []
        for path in _paths_of(items):
            removed, fault = self._remove(path, mode, snapshot)
            if removed is not None:
                done.bytes += removed.bytes
                done.removed.append(removed)
            if fault is not None:
                skipped.append(fault)
        self._history.keep(done)
        if not skipped and any(each.kind is ItemKind.TRASH for each in items):
            self._history.forget_trashed()
        return {
            "bytes": done.bytes,
            "removed": len(done.removed),
            "skipped": [each.as_json() for each in skipped],
            "undo": done.id if done in self._history else None,
        }

    def _remove(
        self, path: ItemPath, mode: Mode, snapshot: str
    ) -> tuple[Removed | None, Skipped | None]:
        match mode:
            case Mode.TRASH:
                return put_in_trash(self._trash, path)
            case Mode.SNAPSHOT | Mode.PERMANENT:
                return remove_path(self._home, path, snapshot)

    def _undo(self, done: CleanUp) -> dict[str, object]:
        left: list[Removed] = []
        skipped: list[Skipped] = []
        for each in done.removed:
            fault = (
                restore_trashed(self._trash, each)
                if done.mode is Mode.TRASH
                else restore_path(self._home, each, done.snapshot)
            )
            if fault is not None:
                left.append(each)
                skipped.append(fault)
        restored = len(done.removed) - len(left)
        done.removed = left
        self._history.keep(done)
        return {"restored": restored, "skipped": [each.as_json() for each in skipped]}

    def _empty(self, done: CleanUp) -> dict[str, object]:
        left: list[Removed] = []
        skipped: list[Skipped] = []
        size = 0
        for each in done.removed:
            freed, fault = remove_trashed(self._trash, each)
            size += freed
            if fault is not None:
                left.append(each)
                skipped.append(fault)
        removed = len(done.removed) - len(left)
        done.removed = left
        self._history.keep(done)
        return {
            "bytes": size,
            "removed": removed,
            "skipped": [each.as_json() for each in skipped],
            "undo": done.id if left else None,
        }

    def _alone(self) -> _Alone:
        return _Alone(self._lock)


class _Alone:
    """One clean-up at a time; another is refused rather than kept waiting."""

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock = lock

    async def __aenter__(self) -> None:
        if self._lock.locked():
            raise ItemChangedError("A clean-up is under way. Wait until it is done.")
        await self._lock.acquire()

    async def __aexit__(self, *exc: object) -> None:
        self._lock.release()


def _not_allowed() -> RoleError:
    return RoleError(
        "Only an administrator of the project may do this; members may remove caches."
    )


def _paths_of(items: list[Item]) -> Iterator[ItemPath]:
    for item in items:
        yield from item.paths
