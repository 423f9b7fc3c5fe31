"""KubeSpawner whose servers are seen by one watch of all pods, until they end.

Whether a server runs, how it is stopped, and what becomes of one whose node or hub was
lost meanwhile.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC
from typing import Any, cast

from kubespawner import KubeSpawner
from traitlets import Any as AnyTrait
from traitlets import default

from mofang_kube.errors import MofangError, is_permanent
from mofang_kube.names import STARTED_AHEAD_LABEL, UNUSED
from mofang_spawner.context import PodView, SpawnContext
from mofang_spawner.lost_nodes import remove_from_lost_node
from mofang_spawner.progress import StartLog
from mofang_spawner.server_failure import ServerFailure

_UNUSED_GRACE_SECONDS = 1
"""For a server that nobody uses: it has nothing to save."""


class WatchedSpawner(KubeSpawner):  # type: ignore[misc] # KubeSpawner has no types
    """Finds its pods in what the hub knows, and ends them wherever they are."""

    context: Callable[[], SpawnContext] = AnyTrait(
        help="""
        A callable that returns the ``SpawnContext`` all servers share.

        Set by the hub's configuration; a function, since traitlets copies
        whatever else a configuration holds for every server.
        """,
    ).tag(config=True)

    _callbacks: list[Callable[[], Any]]
    """JupyterHub's: what it does once the server has ended."""

    _noticing = AnyTrait(help="A lock: an end is noticed once, by a look or a change.")

    _start_log: StartLog | None = None
    """Of the last start by this hub; None if another one has started the server."""

    _failure: ServerFailure | None = None
    """How the server ended; None if it runs, or was stopped."""

    @default("_noticing")
    def _noticing_default(self) -> asyncio.Lock:
        return asyncio.Lock()

    # The gateway routes to Services only.
    @default("services_enabled")
    def _services_enabled_default(self) -> bool:
        return True

    # Events are read per pod while somebody waits, never for a whole namespace.
    @default("events_enabled")
    def _events_enabled_default(self) -> bool:
        return False

    # -- the one watch of all servers' pods, in place of KubeSpawner's reflectors

    @property
    def pod_reflector(self) -> PodView:
        """All servers' pods, as KubeSpawner looks at them."""
        return PodView(self.context().pods)

    async def _start_watching_pods(self, replace: bool = False) -> PodView:
        # KubeSpawner asks before every look at a pod. A poll that answered
        # before the first list would declare living servers dead.
        del replace
        await self.context().pods_known()
        return self.pod_reflector

    # -- a node that does not answer

    @property
    def lost_node(self) -> str:
        """Name of the server's node if that does not answer; else empty."""
        node = self.node
        return node if node and self.context().is_node_lost(node) else ""

    @property
    def _pod(self) -> dict[str, Any] | None:
        return self.context().find_pod(self.namespace, self.pod_name)

    @property
    def restart_failure(self) -> ServerFailure | None:
        """Why Kubernetes restarted the server in its pod; None if it did not."""
        pod = self._pod
        return ServerFailure.of_restart(pod) if pod else None

    @property
    def node(self) -> str:
        """Name of the server's node; empty without one."""
        pod = self._pod
        return str(pod["spec"].get("nodeName") or "") if pod else ""

    async def stop(self, now: bool = False) -> None:
        """Stop the server; on a lost node, without waiting for the node."""
        await self.context().pods_known()
        removal = asyncio.create_task(
            remove_from_lost_node(
                self.context(), self.namespace, self.pod_name, self.node
            )
        )
        try:
            await super().stop(now=now)
        finally:
            removal.cancel()
            await asyncio.gather(removal, return_exceptions=True)

    async def remove_pod(self) -> None:
        """Delete the pod of a server that nobody uses, and wait until it is gone.

        A start that waits for the pod fails, and a running server is found to have
        ended by the next look.

        Raises:
            MofangError: Kubernetes refused, or does not answer.
        """
        context = self.context()
        key = f"{self.namespace}/{self.pod_name}"
        metadata = {"name": self.pod_name, "namespace": self.namespace}
        async with contextlib.aclosing(context.pods.changes()) as changes:
            await context.objects.delete(
                {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
                # The node's programs end first: Kubernetes counts the room as free once
                # the pod is gone, and the node as taken until they have.
                grace_seconds=_UNUSED_GRACE_SECONDS,
                verb="stop",
                noun="server",
            )
            while key in context.pods.objects:
                await anext(changes)

    async def label_used(self) -> None:
        """Have the pod say since when somebody uses it, if it was started ahead.

        Raises:
            MofangError: Kubernetes refused, or does not answer.
        """
        pod, started = self._pod, self.orm_spawner.started
        labels = pod["metadata"].get("labels") or {} if pod else {}
        if labels.get(STARTED_AHEAD_LABEL) != UNUSED or started is None:
            return
        # JupyterHub's database has UTC without saying so.
        since = int(started.replace(tzinfo=UTC).timestamp())
        metadata = {"name": self.pod_name, "namespace": self.namespace}
        await self.context().objects.merge(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
            {"metadata": {"labels": {STARTED_AHEAD_LABEL: str(since)}}},
            verb="change",
            noun="server",
        )

    # -- its end

    async def poll(self) -> int | None:
        """Say whether the server runs, as KubeSpawner does: None if so.

        Two kinds of pods are no servers. One that is being removed, by a hub that died
        meanwhile, a node that is drained or an administrator, ends by itself, and is
        removed by force where its node does not answer. One that waits for its
        containers in a hub that did not start it is what a hub that died has begun; it
        is removed, and its user starts it again.
        """
        await self._start_watching_pods()
        pod = self.pod_reflector.pods.get(f"{self.namespace}/{self.pod_name}")
        if pod and "deletionTimestamp" in pod["metadata"]:
            if self.lost_node:
                # No kubelet confirms its end, and it would keep the next one's name.
                await self.stop(now=True)
            return 1
        if pod and pod["status"]["phase"] == "Pending" and self._start_log is None:
            self.log.warning(
                "Removing %s: the hub ended while it was starting", self._log_name
            )
            await self.stop(now=True)
            self._failure = ServerFailure.of_interruption(was_queued=False)
            return 1
        if pod:
            self._failure = ServerFailure.of_pod(pod)
        return cast("int | None", await super().poll())

    async def poll_and_notify(self) -> int | None:
        """Notice that the server ended; once more where what follows fails.

        JupyterHub drops its callbacks before it calls them. A route that could not be
        removed would stay, and the server count as running.
        """
        async with self._noticing:
            callbacks = list(self._callbacks)
            status = cast("int | None", await super().poll_and_notify())
            if status is not None and callbacks and self.ready:
                self._callbacks = callbacks
                self.start_polling()
        return status

    def start_polling(self) -> None:
        """Look at the server from time to time, and whenever its pod ends."""
        super().start_polling()
        if self._poll_callback:
            ends = self.context().pod_ends
            ends.follow(self.namespace, self.pod_name, self.poll_and_notify)

    def stop_polling(self) -> None:
        """Look no more."""
        super().stop_polling()
        self.context().pod_ends.forget(self.namespace, self.pod_name)

    async def _make_delete_pod_request(
        self, pod_name: str, _options: Any, grace_seconds: int, seconds: float
    ) -> bool:
        """Delete the pod; False if KubeSpawner is to try again.

        KubeSpawner itself tries again after what was not answered in time, and after
        nothing else: JupyterHub would forget a server whose pod runs on.
        """
        metadata = {"name": pod_name, "namespace": self.namespace}
        try:
            async with asyncio.timeout(seconds):
                await self.context().objects.delete(
                    {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
                    grace_seconds=grace_seconds,
                    verb="stop",
                    noun="server",
                )
        except TimeoutError:
            return False
        except MofangError as err:
            if is_permanent(err):
                raise
            self.log.warning("%s Trying again.", err)
            return False
        return True

    async def delete_forever(self) -> None:
        """Do nothing more: a server has no storage of its own.

        KubeSpawner would ask for the deletion of a claim, which the hub may not do.
        """
