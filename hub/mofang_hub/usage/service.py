"""The ledger of one hub: made of its database and its watches, and kept running."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mofang_hub.usage.book import UsageBook
from mofang_hub.usage.pods import Manifest, strip_pod
from mofang_hub.usage.recorder import RETRY_SECONDS, UsageRecorder
from mofang_hub.usage.storage import LedgerStorage, ledger_url
from mofang_kube.clock import ClusterClock
from mofang_kube.names import JOB_LABEL
from mofang_kube.watcher import Watcher
from mofang_spawner.context import SpawnContext

log = logging.getLogger(__name__)


class UsageService:
    """Keeps the ledger from ``start`` on.

    Args:
        context: What all spawners share: its pods, nodes and client.
        hub_database: Address of JupyterHub's database.
        keep_days: For how many days intervals are kept.
        engine_options: JupyterHub's ``db_kwargs``.
    """

    def __init__(
        self,
        context: SpawnContext,
        hub_database: str,
        *,
        keep_days: int,
        engine_options: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self._context = context
        self._keep_days = keep_days
        self._storage = LedgerStorage(ledger_url(hub_database), **engine_options)
        self._clock = ClusterClock()
        self._task: asyncio.Task[None] | None = None
        self.book = UsageBook(self._storage, self._clock)
        self.watchers: list[Watcher] = []
        """Of pods of jobs; none before the first start."""

    def start(self) -> None:
        """Begin to follow the cluster; idempotent."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="usage ledger")

    async def stop(self) -> None:
        """Follow it no more, and close the database."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
            await self.book.close()
        for watcher in self.watchers:
            await watcher.stop()
        self._storage.close()

    def list_nodes(self) -> list[Manifest]:
        """Return the nodes that are known."""
        return self._context.node_objects

    async def _run(self) -> None:
        while True:
            try:
                await self._record()
            except Exception:
                log.exception("The usage ledger broke off and is begun again")
            await asyncio.sleep(RETRY_SECONDS)

    async def _record(self) -> None:
        await self._context.nodes_known()
        await self._context.pods_known()
        if not self.watchers:
            job_pods = Watcher(
                self._context.api,
                "/api/v1/pods",
                label_selector=JOB_LABEL,
                trim=strip_pod,
                clock=self._clock,
            )
            self.watchers.append(job_pods)
            job_pods.start()
        recorder = UsageRecorder(
            self.book,
            [self._context.pods, *self.watchers],
            self._context.find_node,
            keep_days=self._keep_days,
        )
        await recorder.run()
