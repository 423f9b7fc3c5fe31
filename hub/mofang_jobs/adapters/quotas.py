"""What projects may use and use, as their ResourceQuotas say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from decimal import Decimal

from mofang_api.quantities import read_quantity
from mofang_jobs.domain.models import Manifest
from mofang_kube.clients import ApiClient
from mofang_kube.names import PROJECT_LABEL, project_namespace
from mofang_kube.watcher import Watcher

QUOTA_NAME = "mofang"
_PATH = "/api/v1/resourcequotas"


def _strip(quota: Manifest) -> Manifest:
    metadata, status = quota["metadata"], quota.get("status") or {}
    kept = {name: metadata[name] for name in ("name", "namespace", "resourceVersion")}
    hard = status.get("hard") or (quota.get("spec") or {}).get("hard") or {}
    return {"metadata": kept, "hard": hard, "used": status.get("used") or {}}


class Quotas:
    """Follows the quotas of all projects.

    Args:
        watcher: Watch of ResourceQuotas, cut to hard and used.
    """

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    @classmethod
    def of_cluster(cls, api: ApiClient) -> Quotas:
        """Return those of a cluster; they follow it once started."""
        return cls(Watcher(api, _PATH, label_selector=PROJECT_LABEL, trim=_strip))

    @property
    def watchers(self) -> list[Watcher]:
        """The watch."""
        return [self._watcher]

    def start(self) -> None:
        """Begin to follow."""
        self._watcher.start()

    async def stop(self) -> None:
        """End the watch."""
        await self._watcher.stop()

    async def ready(self) -> None:
        """Return once the first list is in."""
        await self._watcher.has_synced.wait()

    def hard(self, project: str) -> dict[str, Decimal]:
        """Return what a project may use; what is not there has no limit."""
        return self._amounts(project, "hard")

    def used(self, project: str) -> dict[str, Decimal]:
        """Return what a project uses of that."""
        return self._amounts(project, "used")

    async def changes(self) -> AsyncIterator[None]:
        """Yield whenever some quota has changed."""
        async with aclosing(self._watcher.changes()) as changes:
            async for _ in changes:
                yield None

    def _amounts(self, project: str, what: str) -> dict[str, Decimal]:
        key = f"{project_namespace(project)}/{QUOTA_NAME}"
        found = self._watcher.objects.get(key)
        amounts = found[what] if found else {}
        return {name: read_quantity(text) for name, text in amounts.items()}
