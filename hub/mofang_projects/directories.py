"""The one place that decides on directories of the storage: owner, mode and quota.

The kubelet makes missing sub-paths itself, but as root's, so that people could not
write there. Names are slugs and checked names, never a person's text.
"""

import asyncio
import errno
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mofang_kube.names import UID
from mofang_projects.models import Home, Project
from mofang_projects.settings import StorageSettings, VolumeCategory
from mofang_projects.volumes import DATA_DIRECTORY
from mofang_storage.base import DirectoryError, Quota, Storage, StorageDirectory
from mofang_storage.confined_fs import UnsafePathError, opened_folder
from mofang_storage.registry import make_storage
from mofang_storage.retention import SnapshotRetention, plan_snapshots
from mofang_storage.snapshot_names import SnapshotReason, reason_of, snapshot_name

TOP = {
    # The kubelet is somebody else on an NFS that squashes root: it may pass through,
    # and sees no names.
    VolumeCategory.USERS: StorageDirectory(("users",), 0o711),
    VolumeCategory.PROJECT: StorageDirectory(("projects",), 0o711),
    VolumeCategory.GLOBAL: StorageDirectory(("global",), 0o755),
    VolumeCategory.LOGS: StorageDirectory(("logs",), 0o711),
    VolumeCategory.ENVIRONMENTS: StorageDirectory(("environments",), 0o711),
}
DATA = StorageDirectory((DATA_DIRECTORY,), 0o755)
"""Filled by administrators; a pod sees of it what a data source names."""
AUDIT = StorageDirectory(("audit",), 0o700)
"""Of the platform's services alone; no volume of a project holds it."""

_PERSON_MODE = 0o770
"""Of homes and projects: the group is that of all containers, which mount nobody
else's; a job may have another user id."""
_LOGS_MODE = 0o711
"""Of the directories below, one per job, nobody but their owner reads any."""

_SNAPSHOTS_OF = (
    TOP[VolumeCategory.USERS],
    TOP[VolumeCategory.PROJECT],
    TOP[VolumeCategory.GLOBAL],
)
"""One of these serves everybody: each sees their own part of it."""

FAILURES = (OSError, DirectoryError, UnsafePathError)
"""What a storage raises; ``TimeoutError`` is an ``OSError``."""

_SECONDS = 20.0


def failure_reason(err: Exception) -> str:
    """Say which of ``FAILURES`` it was, as a sentence for people."""
    match err:
        case DirectoryError():
            return str(err)
        case TimeoutError():
            return "The storage does not answer."
        case OSError() if err.errno in {errno.ENOSPC, errno.EDQUOT}:
            return "The storage is full."
        case OSError():
            return f"The storage says: {err.strerror or err}."
        case _:
            return "Something else than a directory has its name."


log = logging.getLogger(__name__)


def home_directory(slug: str) -> StorageDirectory:
    """Return where a home is."""
    parts = (*TOP[VolumeCategory.USERS].parts, slug)
    return StorageDirectory(parts, _PERSON_MODE, keep_mode=True)


def project_directory(project: str) -> StorageDirectory:
    """Return where the files of a project are."""
    return StorageDirectory((*TOP[VolumeCategory.PROJECT].parts, project), _PERSON_MODE)


def logs_directory(project: str) -> StorageDirectory:
    """Return where the logs of a project's jobs are."""
    return StorageDirectory((*TOP[VolumeCategory.LOGS].parts, project), _LOGS_MODE)


class Directories:
    """Makes directories what settings, Projects and Homes say.

    Args:
        storage: Of the kind that the settings name.
        settings: Default quotas, snapshots.
        root: Where the storage is mounted; None where nothing is looked up in it.
    """

    def __init__(
        self, storage: Storage, settings: StorageSettings, root: Path | None = None
    ) -> None:
        self.storage = storage
        self._settings = settings
        self._root = root

    @classmethod
    def at(cls, root: Path, settings: StorageSettings) -> "Directories":
        """Return the directories of the storage that is mounted at a path."""
        return cls(make_storage(settings.type, root, UID), settings, root)

    def home_quota(self, home: Home) -> Quota:
        """Return what holds for a home: its own, its user's, or everybody's."""
        quotas = self._settings.quotas
        limits = home.quota
        if home.user in quotas.users:
            limits = limits.over(quotas.users[home.user])
        return limits.over(quotas.home).quota

    def project_quota(self, project: Project) -> Quota:
        """Return what holds for the files of a project."""
        own = project.spec.quota
        return (
            self._settings.quotas.project.model_copy(
                update={
                    name: value
                    for name, value in (("storage", own.storage), ("files", own.files))
                    if value is not None
                }
            )
        ).quota

    def logs_quota(self, project: Project) -> Quota:
        """Return what holds for the logs of a project's jobs."""
        own = project.spec.quota.logs
        update = {} if own is None else {"storage": own}
        return self._settings.quotas.logs.model_copy(update=update).quota

    async def ensure_top(self) -> None:
        """Make what volumes begin with.

        Raises:
            OSError, DirectoryError, UnsafePathError: One of them cannot be made.
        """
        await self._run(self._ensure_top)
        try:
            await self._run(lambda: self.storage.ensure(DATA))
        except FAILURES as err:
            # Nothing may wait for it: a storage of before has none, in a root that is
            # perhaps another's. A data source that needs it says so.
            log.warning("The directory of data sources cannot be made: %s", err)

    async def ensure_home(self, home: Home) -> None:
        """Make a home, with its quota.

        Raises:
            OSError, DirectoryError, UnsafePathError: It cannot be made.
        """
        quota = self.home_quota(home)
        await self._run(lambda: self.storage.ensure(home_directory(home.name), quota))

    async def ensure_project(self, project: Project) -> None:
        """Make the directory of a project's files and that of its logs, with quotas.

        Raises:
            OSError, DirectoryError, UnsafePathError: One of them cannot be made.
        """

        def make() -> None:
            self._ensure_top()
            self.storage.ensure(
                project_directory(project.name), self.project_quota(project)
            )
            self.storage.ensure(logs_directory(project.name), self.logs_quota(project))

        await self._run(make)

    async def find_data_fault(self, path: str) -> str:
        """Say why a path is no directory for a data source; empty if it is one.

        Args:
            path: Below the storage's directory of data.

        Raises:
            TimeoutError: The storage does not answer.
        """
        root, parts = self._root, (*DATA.parts, *path.split("/"))
        if root is None:
            return ""

        def check() -> str:
            try:
                with opened_folder(root, parts):
                    return ""
            except FileNotFoundError:
                return (
                    f"There is no directory {'/'.join(parts)} in the storage: make it."
                )
            except PermissionError:
                # It is there, and its readers are others.
                return ""
            except UnsafePathError as err:
                return (
                    f"In {'/'.join(parts)} of the storage {err} is no directory. Links "
                    "are not followed."
                )

        found: list[str] = []
        await self._run(lambda: found.append(check()))
        return found[0]

    async def snapshot(self, directory: StorageDirectory) -> str:
        """Keep a directory as it is before something is done to it.

        Returns:
            The snapshot's name.

        Raises:
            OSError, DirectoryError, UnsafePathError: There is none then.
        """
        name = snapshot_name(SnapshotReason.REQUESTED, datetime.now(UTC))

        def take() -> None:
            self.storage.snapshot(directory, name)
            self._prune(directory)

        await self._run(take)
        return name

    async def keep_snapshots(self, now: datetime) -> None:
        """Take the snapshots that are due, and remove those that are kept no longer.

        Args:
            now: The time.
        """
        if not self.storage.keeps_snapshots:
            return
        for directory in _SNAPSHOTS_OF:
            try:
                await self._run(partial(self._keep, directory, now))
            except FAILURES as err:
                log.warning("Snapshots of %s cannot be taken: %s", directory, err)

    def _ensure_top(self) -> None:
        for each in (*TOP.values(), AUDIT):
            self.storage.ensure(each)

    def _keep(self, directory: StorageDirectory, now: datetime) -> None:
        plan = plan_snapshots(self.storage.list(directory), self._retention, now)
        # The new ones first: what is removed is gone.
        for name in plan.make:
            self.storage.snapshot(directory, name)
        for name in plan.remove:
            self.storage.remove(directory, name)

    def _prune(self, directory: StorageDirectory) -> None:
        """Remove those of the requested snapshots that are too many."""
        only = SnapshotRetention(hourly=0, daily=0, requested=self._retention.requested)
        found = [
            each
            for each in self.storage.list(directory)
            if reason_of(each.name) is SnapshotReason.REQUESTED
        ]
        for name in plan_snapshots(found, only, datetime.now(UTC)).remove:
            with suppress(FileNotFoundError):
                self.storage.remove(directory, name)

    @property
    def _retention(self) -> SnapshotRetention:
        kept = self._settings.snapshots
        return SnapshotRetention(
            hourly=kept.hourly, daily=kept.daily, requested=kept.requested
        )

    @staticmethod
    async def _run(act: Callable[[], object]) -> None:
        """Do something that may block for as long as the storage does."""
        async with asyncio.timeout(_SECONDS):
            await asyncio.to_thread(act)
