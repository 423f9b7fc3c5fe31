"""Make and keep the home of a person, and say in its status what it takes.

Knows nothing of the framework that calls it. Each method may be called at any time and
any number of times: all that is known is on the object and on the file system.

Deleting a Home deletes no file. It is made anew when its user's next server starts.
"""

from typing import Any

from mofang_kube.quantities import readable_size
from mofang_projects.directories import (
    FAILURES,
    Directories,
    failure_reason,
    home_directory,
)
from mofang_projects.models import BadHomeError, Home
from mofang_projects.snapshot_requests import SnapshotRequests
from mofang_projects.usage import UsageReader, as_status
from mofang_storage.base import DirectoryError


class HomeUnmadeError(Exception):
    """The storage did not make a home; worth another try."""


class HomeController:
    """Makes homes what their objects say.

    Args:
        directories: Decide on quota and mode.
        usage: Reads what a home takes.
    """

    def __init__(self, directories: Directories, usage: UsageReader) -> None:
        self._directories = directories
        self._usage = usage
        self._requests = SnapshotRequests(directories)

    async def reconcile(self, body: dict[str, Any]) -> dict[str, Any]:
        """Make the directory, or put it right; return the status.

        Args:
            body: The Home as Kubernetes gives it.

        Raises:
            HomeUnmadeError: The storage did not let it be made.
        """
        generation = body["metadata"].get("generation", 0)
        try:
            home = Home.parse(body)
        except BadHomeError as err:
            return {
                "phase": "Failed",
                "message": str(err),
                "observedGeneration": generation,
            }
        message = ""
        try:
            await self._directories.ensure_home(home)
        except DirectoryError as err:
            # It is there, and its user works in it, though not as it should be.
            message = str(err)
        except FAILURES as err:
            raise HomeUnmadeError(_message(home, err)) from err
        storage = self._directories.storage
        quota = self._directories.home_quota(home)
        usage = await self._usage.read(home_directory(home.name))
        return {
            "phase": "Ready",
            "message": message,
            **as_status(usage, quota, enforced=storage.enforces_quotas),
            "used": readable_size(usage.bytes) if usage else "",
            "limit": readable_size(quota.bytes) if quota.bytes else "",
            "snapshots": storage.keeps_snapshots,
            "requestedSnapshot": await self._requests.answer(
                home_directory(home.name), body
            ),
            "observedGeneration": generation,
        }


def failed_status(err: HomeUnmadeError, body: dict[str, Any]) -> dict[str, Any]:
    """Say in the status that a home is not made, and keep what was known.

    Args:
        err: Why not.
        body: The Home.
    """
    return {
        **(body.get("status") or {}),
        "phase": "Failed",
        "message": str(err),
        "observedGeneration": body["metadata"].get("generation", 0),
    }


def _message(home: Home, err: Exception) -> str:
    return f"The home of {home.user} cannot be made: {failure_reason(err)}"
