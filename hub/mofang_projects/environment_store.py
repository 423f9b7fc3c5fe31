"""The store of saved environments: archives, each once, and a directory per version.

``environments/<project>/.archives/<sha256>.tar``
    Each archive of the project. No pod mounts this directory.
``environments/<project>/<name>/<version>/``
    The lock and further names (hard links) of its archives: what pods mount, read-only.

Archives come from the home of whoever saved them. People write there meanwhile, so what
counts is the copy: it is hashed as it is made, and looked through. An archive without a
further name is of no version any more, and is removed.

Everything here blocks; a person's text reaches no path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mofang_kube.names import UID, user_slug
from mofang_projects.settings import VolumeCategory
from mofang_spawner.environments.saved import EVERYONE
from mofang_storage.confined_fs import (
    UnsafePathError,
    make_folder,
    move_folder,
    open_file,
    opened_folder,
    remove_folder,
)

LOCK_FILE = "lock.json"
TOP = VolumeCategory.ENVIRONMENTS.directory
_POOL = ".archives"
_PART = ".part-"
_DRAFTS = (".mofang", "saved")

_FOLDER_MODE = 0o755
_FILE_MODE = 0o644
_CHUNK = 1 << 20
_LONGEST_LOCK = 4 << 20


class StoreError(Exception):
    """A version cannot be stored as it is; a sentence says why."""


class _Archive(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    archive: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    files: int = Field(ge=0)


class _Lock(BaseModel):
    """What is read of a lock; ``mofang_run.environments.saved_lock`` has all of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    distributions: tuple[_Archive, ...] = Field(min_length=1, max_length=2000)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """What a version takes."""

    bytes: int
    files: int
    packages: int


class EnvironmentStore:
    """Saved environments on the storage that is mounted at a root.

    Calls for one project must take turns.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def store(
        self, project: str, name: str, version: int, *, user: str, digest: str
    ) -> StoredVersion:
        """Copy a version from the home of whoever saved it, unless it is there.

        Args:
            project: Whose store it is.
            name: Of the saved environment.
            version: Its number.
            user: Whose home it comes from.
            digest: SHA-256 of its lock.

        Raises:
            StoreError: What is in the home is not what was saved.
            OSError, UnsafePathError: The storage fails.
        """
        path = (TOP, project, name)
        stored = self._read(path, str(version), digest)
        if stored is not None:
            return stored
        draft = ("users", user_slug(user), *_DRAFTS, digest)
        text = self._read_draft(draft, digest)
        lock = _parse(text)
        pool = (TOP, project, _POOL)
        make_folder(self._root, pool, _FOLDER_MODE, UID)
        for each in lock.distributions:
            self._fetch(draft, pool, each)
        self._link(pool, path, str(version), text, lock)
        return _size(lock)

    def show_everyone(self, project: str, name: str, versions: Iterable[int]) -> None:
        """Put the versions of an environment where all projects mount them.

        Args:
            project: Whose store has them.
            name: Of the saved environment.
            versions: Those that are stored; others go from there.
        """
        wanted = {str(version) for version in versions}
        source, target = (TOP, project, name), (TOP, EVERYONE, name)
        for version in wanted - set(self._folders(target)):
            text = self._read_text((*source, version, LOCK_FILE))
            self._link((TOP, project, _POOL), target, version, text, _parse(text))
        self.keep(EVERYONE, name, [int(version) for version in wanted])

    def keep(self, folder: str, name: str, versions: Iterable[int]) -> None:
        """Remove all but some versions of an environment.

        Args:
            folder: The project, or ``EVERYONE``.
            name: Of the saved environment.
            versions: That are kept; with none, nothing of it stays.
        """
        kept = {str(version) for version in versions}
        if not kept:
            self._remove((TOP, folder, name))
            return
        for version in set(self._folders((TOP, folder, name))) - kept:
            self._remove((TOP, folder, name, version))

    def collect(self, project: str) -> int:
        """Remove archives of a project that no version has; return how many."""
        removed = 0
        with (
            suppress(FileNotFoundError),
            opened_folder(self._root, (TOP, project, _POOL)) as pool,
        ):
            for name in os.listdir(pool):  # noqa: PTH208 - a descriptor
                if os.stat(name, dir_fd=pool, follow_symlinks=False).st_nlink == 1:
                    os.unlink(name, dir_fd=pool)
                    removed += 1
        return removed

    def _read(
        self, path: tuple[str, ...], version: str, digest: str
    ) -> StoredVersion | None:
        try:
            text = self._read_text((*path, version, LOCK_FILE))
        except FileNotFoundError:
            return None
        if hashlib.sha256(text).hexdigest() != digest:
            # A number is given once; only who was interrupted leaves another.
            self._remove((*path, version))
            return None
        return _size(_parse(text))

    def _read_draft(self, draft: tuple[str, ...], digest: str) -> bytes:
        try:
            text = self._read_text((*draft, LOCK_FILE))
        except (FileNotFoundError, UnsafePathError):
            raise StoreError(
                "What was saved is not in the home any more. Save the environment "
                "again."
            ) from None
        if hashlib.sha256(text).hexdigest() != digest:
            raise StoreError(
                "What was saved has changed since. Save the environment again."
            )
        return text

    def _read_text(self, path: tuple[str, ...]) -> bytes:
        with os.fdopen(open_file(self._root, path), "rb") as file:
            text = file.read(_LONGEST_LOCK + 1)
        if len(text) > _LONGEST_LOCK:
            raise StoreError("The list of packages is too long to be stored.")
        return text

    def _fetch(
        self, draft: tuple[str, ...], pool: tuple[str, ...], wanted: _Archive
    ) -> None:
        name = f"{wanted.archive}.tar"
        with opened_folder(self._root, pool) as folder:
            with suppress(FileNotFoundError):
                os.stat(name, dir_fd=folder, follow_symlinks=False)
                return
            try:
                source = open_file(self._root, (*draft, name))
            except (FileNotFoundError, UnsafePathError):
                raise StoreError(
                    f"The archive of {wanted.name} is not in the home any more. Save "
                    "the environment again."
                ) from None
            with os.fdopen(source, "rb") as read:
                self._copy(read, folder, name, wanted)

    @staticmethod
    def _copy(read: BinaryIO, folder: int, name: str, wanted: _Archive) -> None:
        part = f"{_PART}{secrets.token_hex(8)}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        digest, size = hashlib.sha256(), 0
        try:
            with os.fdopen(os.open(part, flags, 0o600, dir_fd=folder), "r+b") as copy:
                while size <= wanted.bytes and (chunk := read.read(_CHUNK)):
                    digest.update(chunk)
                    size += len(chunk)
                    copy.write(chunk)
                copy.flush()
                if digest.hexdigest() != wanted.archive or size != wanted.bytes:
                    raise StoreError(
                        f"The archive of {wanted.name} has changed since it was saved. "
                        "Save the environment again."
                    )
                _check_members(copy, wanted)
                _own(copy.fileno())
                os.fsync(copy.fileno())
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)

    def _link(
        self,
        pool: tuple[str, ...],
        path: tuple[str, ...],
        version: str,
        text: bytes,
        lock: _Lock,
    ) -> None:
        """Make the directory of a version; nobody sees half of one."""
        part = f"{_PART}{version}"
        self._remove((*path, part))
        make_folder(self._root, (*path, part), _FOLDER_MODE, UID)
        with (
            opened_folder(self._root, pool) as source,
            opened_folder(self._root, (*path, part)) as target,
        ):
            for digest in dict.fromkeys(each.archive for each in lock.distributions):
                name = f"{digest}.tar"
                os.link(name, name, src_dir_fd=source, dst_dir_fd=target)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            with os.fdopen(
                os.open(LOCK_FILE, flags, 0o600, dir_fd=target), "wb"
            ) as file:
                file.write(text)
                _own(file.fileno())
        move_folder(self._root, (*path, part), version)

    def _folders(self, path: tuple[str, ...]) -> Iterator[str]:
        try:
            with opened_folder(self._root, path) as folder:
                yield from os.listdir(folder)  # noqa: PTH208 - likewise
        except FileNotFoundError:
            return

    def _remove(self, path: tuple[str, ...]) -> None:
        while not remove_folder(self._root, path):
            pass


def _parse(text: bytes) -> _Lock:
    try:
        return _Lock.model_validate_json(text)
    except ValidationError as err:
        raise StoreError(
            "The list of packages cannot be read. Save the environment again."
        ) from err


def _size(lock: _Lock) -> StoredVersion:
    return StoredVersion(
        bytes=sum(each.bytes for each in lock.distributions),
        files=sum(each.files for each in lock.distributions),
        packages=len(lock.distributions),
    )


def _check_members(archive: BinaryIO, wanted: _Archive) -> None:
    """Refuse an archive with anything but plain files below where it is unpacked.

    Whoever starts from it runs its code in any case, but with no more than that.
    """
    archive.seek(0)
    count = 0
    try:
        with tarfile.open(fileobj=archive, mode="r:") as members:
            for each in members:
                parts = each.name.split("/")
                if not each.isreg() or {"", ".", ".."} & {*parts}:
                    raise StoreError(
                        f"The archive of {wanted.name} has something else than plain "
                        "files in it. Save the environment again."
                    )
                count += 1
    except tarfile.TarError as err:
        raise StoreError(
            f"The archive of {wanted.name} cannot be read. Save the environment again."
        ) from err
    if count != wanted.files:
        raise StoreError(
            f"The archive of {wanted.name} has other files than its list says. Save "
            "the environment again."
        )


def _own(file: int) -> None:
    if os.geteuid() == 0:
        os.fchown(file, UID, UID)
    os.fchmod(file, _FILE_MODE)
