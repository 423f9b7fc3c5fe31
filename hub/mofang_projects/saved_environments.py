"""Store what people save as environments, and say in the status what is stored.

Knows nothing of the framework that calls it. Each method may be called at any time and
any number of times: all that is known is on the object and on the file system.
"""

import asyncio
import errno
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mofang_projects.directories import FAILURES
from mofang_projects.environment_store import EnvironmentStore, StoreError
from mofang_spawner.environments.saved import (
    EVERYONE,
    Saved,
    SavedVersion,
    VersionPhase,
)


class NotStoredError(Exception):
    """The storage did not take a version; worth another try.

    Attributes:
        states: Of all versions, for the status.
    """

    def __init__(self, message: str, states: list[dict[str, Any]]) -> None:
        super().__init__(message)
        self.states = states


def is_saved(spec: Mapping[str, Any], **_: Any) -> bool:
    """Whether an Environment is a saved one."""
    return spec.get("saved") is not None


class SavedEnvironmentController:
    """Makes the store what Environments say.

    Args:
        store: Where archives are.
    """

    def __init__(self, store: EnvironmentStore) -> None:
        self._store = store
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def reconcile(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Store what is not stored, remove what is not wanted; return the states.

        Args:
            body: The Environment as Kubernetes gives it.

        Raises:
            NotStoredError: The storage failed.
        """
        name = body["metadata"]["name"]
        try:
            saved = Saved.parse(body)
        except ValidationError:
            saved = None
        if saved is None:
            return []
        async with self._turns[saved.project]:
            return await asyncio.to_thread(self._reconcile, name, saved)

    async def remove(self, body: dict[str, Any]) -> None:
        """Remove all that is stored of an environment.

        Raises:
            OSError, UnsafePathError: The storage failed.
        """
        name, spec = body["metadata"]["name"], body["spec"]["saved"]
        project = str(spec["project"])

        def remove() -> None:
            self._store.keep(EVERYONE, name, [])
            self._store.keep(project, name, [])
            self._store.collect(project)

        async with self._turns[project]:
            await asyncio.to_thread(remove)

    def _reconcile(self, name: str, saved: Saved) -> list[dict[str, Any]]:
        states: list[dict[str, Any]] = []
        failure: Exception | None = None
        for version in saved.versions:
            try:
                state = self._stored(name, saved, version)
            except StoreError as err:
                state = _failed(str(err))
            except FAILURES as err:
                failure = err
                state = _failed(_reason(err))
            states.append(
                {"version": version.version, "digest": version.digest, **state}
            )
        ready = [
            each["version"]
            for each in states
            if each["phase"] == VersionPhase.READY.value
        ]
        try:
            self._tidy(name, saved, ready)
        except FAILURES as err:
            failure = failure or err
        if failure is not None:
            raise NotStoredError(_reason(failure), states)
        return states

    def _stored(self, name: str, saved: Saved, version: SavedVersion) -> dict[str, Any]:
        found = self._store.store(
            saved.project,
            name,
            version.version,
            user=version.user,
            digest=version.digest,
        )
        return {
            "phase": VersionPhase.READY.value,
            "message": "",
            "bytes": found.bytes,
            "files": found.files,
            "packages": found.packages,
        }

    def _tidy(self, name: str, saved: Saved, ready: list[int]) -> None:
        self._store.keep(saved.project, name, ready)
        if saved.is_for_everyone:
            self._store.show_everyone(saved.project, name, ready)
        else:
            self._store.keep(EVERYONE, name, [])
        self._store.collect(saved.project)


def _failed(message: str) -> dict[str, Any]:
    return {"phase": VersionPhase.FAILED.value, "message": message}


def _reason(err: Exception) -> str:
    match err:
        case TimeoutError():
            return "The storage does not answer. It is tried again."
        case OSError() if err.errno in {errno.ENOSPC, errno.EDQUOT}:
            return "The storage is full. Ask an administrator; it is tried again."
        case OSError():
            return f"The storage says: {err.strerror or err}. It is tried again."
        case _:
            return "Something else than a directory is in the way in the store."
