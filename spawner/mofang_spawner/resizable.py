"""A spawner whose server can get another size while it runs."""

import asyncio
from typing import Any

from traitlets import Any as AnyTrait
from traitlets import default

from mofang_kube.errors import ConflictError
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan, resolve
from mofang_spawner.resize import (
    ANSWER_SECONDS,
    NotResizedError,
    ResizeTarget,
    resize_pod,
    validate_use,
)
from mofang_spawner.watched import WatchedSpawner


class ResizableSpawner(WatchedSpawner):
    """Resizes the pod of a server, and lets JupyterHub's record follow."""

    resize_seconds = ANSWER_SECONDS
    """For the kubelet to answer."""

    _resizing = AnyTrait(help="A lock: one resize of a server at a time.")

    @default("_resizing")
    def _resizing_default(self) -> asyncio.Lock:
        return asyncio.Lock()

    async def resize(self, sizes: dict[str, Any], *, used_bytes: int = 0) -> None:
        """Change CPU and memory of the running server.

        Args:
            sizes: Options that change: ``cpu``, ``memory`` or both.
            used_bytes: Memory that the server uses now; 0 if that is not known.

        Raises:
            NotResizedError: The server goes on as it was; says why.
            MofangError: The size cannot be, or Kubernetes refuses it.
        """
        if self._resizing.locked():
            raise ConflictError(
                f"{self.name} is being resized already. Wait some seconds."
            )
        async with self._resizing:
            await self._resize(sizes, used_bytes)

    async def _resize(self, sizes: dict[str, Any], used_bytes: int) -> None:
        context, before = self.context(), dict(self.orm_spawner.user_options or {})
        await context.ready()
        if self.lost_node:
            raise NotResizedError(
                f"The server's node {self.lost_node} does not answer. Stop the server "
                "to start it on another node."
            )
        options = {**before, **sizes}
        plan = resolve(
            ServerOptions.parse(options),
            context.catalog,
            username=self.user.name,
            groups={group.name for group in self.user.groups},
            server=self.name,
            storage=context.ephemeral_storage,
            hdfs=context.hdfs,
        )
        validate_use(plan.sizes, used_bytes)
        target = ResizeTarget(namespace=self.namespace, name=self.pod_name)
        # First: should the hub die meanwhile, the kubelet most likely does as asked.
        self._record(options)
        try:
            await resize_pod(context, target, plan.sizes, self.resize_seconds)
        except BaseException:
            self._record(before)
            raise
        self._follow(plan)
        self.log.info(
            "%s was resized to %s CPU and %s of memory",
            self._log_name,
            plan.sizes.cpu,
            plan.sizes.memory,
        )

    def _record(self, options: dict[str, Any]) -> None:
        """Let the hub's database say with which options the server runs."""
        self.user_options = options
        self.orm_spawner.user_options = options
        self._save_state()

    def _save_state(self) -> None:
        """Write what the database has of the server."""
        raise NotImplementedError

    def _follow(self, plan: SpawnPlan) -> None:
        """Take the sizes of a plan, for hooks and for JupyterHub."""
        raise NotImplementedError
