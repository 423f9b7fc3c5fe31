"""Create a server's objects and wait until the server answers.

The objects are the pod, its Secret and its Service. The pod comes first, with a gate
that keeps the scheduler from it, and owns the other two from their first moment; the
last write opens the gate. So Kubernetes itself removes the rest with the pod, wherever
a hub died on its way, and a pod without the gate has everything.

Each start uses a new name for the Service: a re-created Service gets a new ClusterIP,
and a client with a cached DNS answer would hang. Secret and pod keep their names, so
that a start finds what a hub that died during the last one left behind.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Literal

import aiohttp
from kubernetes_asyncio.client import ApiException

from mofang_http.client import bounded_session, fetch_status
from mofang_kube.deadline import Deadline, PausableTimeout
from mofang_kube.errors import ConflictError
from mofang_kube.objects import Manifest
from mofang_spawner import server_objects
from mofang_spawner.context import SpawnContext
from mofang_spawner.environments.quota import requested_amounts
from mofang_spawner.plan import SpawnPlan
from mofang_spawner.pod_events import follow_events
from mofang_spawner.pod_phase import (
    QUEUE_TIMED_OUT,
    REMOVED,
    SERVER_CONTAINER,
    Running,
    Stage,
    StartFailed,
    StartPending,
    classify,
)
from mofang_spawner.progress import StartLog
from mofang_spawner.server_objects import ConfiguredMetadata
from mofang_spawner.start_queue.node_queue import describe_position, has_suitable_node
from mofang_spawner.start_trace import Phase, StartTrace

_SERVER_ERROR = 500
_PROBE_SECONDS = 5.0
_SHORTEST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_LAST_LINES = 20
_LAST_BYTES = 64 * 1024


class SpawnFailedError(Exception):
    """The server will not become ready."""

    def __init__(self, failure: StartFailed, log: str = "") -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.log = log
        """The container's last lines, or empty."""


async def _wait_on() -> None:
    """Do nothing for the room that a start waits for."""


class ServerStart:
    """One start of one server."""

    def __init__(
        self,
        context: SpawnContext,
        plan: SpawnPlan,
        *,
        namespace: str,
        name: str,
        log: StartLog | None = None,
        configured: ConfiguredMetadata | None = None,
        on_unschedulable: Callable[[], Awaitable[None]] = _wait_on,
    ) -> None:
        """Prepare a start; nothing is made yet.

        Args:
            context: What all spawners share.
            plan: What is to start.
            namespace: The project's.
            name: Of the pod and of its Secret.
            log: Where the steps go; one of its own by default.
            configured: Labels and annotations from the hub's configuration.
            on_unschedulable: Called each time that no node was found to have room.
        """
        self._context = context
        self._objects = context.objects
        self._plan = plan
        self._namespace = namespace
        self._name = name
        self._configured = configured or ConfiguredMetadata()
        self._on_unschedulable = on_unschedulable
        self._uid = ""
        self.service = f"{name}-{secrets.token_hex(2)}"
        """Name of this start's Service."""
        self.log = log or StartLog()
        self.trace = StartTrace()
        self.queued_seconds = 0.0
        """For how long it has waited for others."""
        self.has_run = False
        """Whether the container ran, and so the image's programs and the user's files
        had their turn."""

    @property
    def _key(self) -> str:
        return f"{self._namespace}/{self._name}"

    @property
    def pod(self) -> Manifest | None:
        """The pod this start made, as the watch last saw it."""
        pod = self._context.pods.objects.get(self._key)
        return pod if pod and pod["metadata"]["uid"] == self._uid else None

    async def create(self, pod: Manifest, *, token: str, port: int) -> Manifest:
        """Make pod, Secret and Service, let the pod be placed, and return it.

        Args:
            pod: The pod to make.
            token: The server's token for the hub.
            port: Where the server listens.

        Raises:
            MofangError: Kubernetes refused, such as for the project's quota.
        """
        made = await self._replace("Pod", server_objects.close_gate(pod))
        self.log.emit(Stage.REQUESTED, "Requesting resources.")
        self._uid = made["metadata"]["uid"]
        owner = server_objects.owner_reference(made)
        secret = server_objects.secret(self._plan, owner, token, self._configured)
        service = server_objects.service(
            self.service, self._plan, owner, port, self._configured
        )
        await asyncio.gather(
            self._replace("Secret", secret), self._replace("Service", service)
        )
        opened = await self._objects.merge(
            self._named("Pod", self._name),
            server_objects.open_gate(made),
            verb="start",
            noun="server",
        )
        self.trace.end(Phase.OBJECTS)
        return opened

    async def _replace(
        self, kind: Literal["Secret", "Pod", "Service"], manifest: Manifest
    ) -> Manifest:
        """Create it; what a hub that died during a start left is deleted first."""
        named = self._named(kind, manifest["metadata"]["name"])
        metadata = {**manifest["metadata"], **named["metadata"]}
        body = {**manifest, **named, "metadata": metadata}
        verb, noun = ("start", "server") if kind == "Pod" else ("make", kind.lower())
        try:
            return await self._objects.create(body, verb=verb, noun=noun)
        except ConflictError:
            pass
        await (self._remove_pod() if kind == "Pod" else self._delete(named))
        return await self._objects.create(body, verb=verb, noun=noun)

    def _named(self, kind: str, name: str) -> Manifest:
        metadata = {"name": name, "namespace": self._namespace}
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata}

    async def wait(
        self, path: str, port: int, deadline: Deadline, *, queue_seconds: float = 0.0
    ) -> Manifest:
        """Wait until the server answers at ``path`` of its pod; return the pod.

        Args:
            path: Of the URL to ask.
            port: Of the pod.
            deadline: For the whole start.
            queue_seconds: How long the clock may stand still beside that, while nodes
                are full.

        Raises:
            SpawnFailedError: It ended or cannot start; with cause and last lines.
            TimeoutError: The deadline passed.
        """
        timer = PausableTimeout(deadline.left, queue_seconds)
        try:
            return await self._wait_until_ready(path, port, timer)
        except TimeoutError as err:
            if not timer.is_paused:
                raise
            raise SpawnFailedError(QUEUE_TIMED_OUT) from err
        finally:
            self.queued_seconds = timer.paused_seconds

    async def _wait_until_ready(
        self, path: str, port: int, timer: PausableTimeout
    ) -> Manifest:
        events = follow_events(
            self._context.api, self._namespace, self._name, self._is_own, self.log
        )
        async with timer, events:
            running = await self._wait_for_container(timer)
            self.trace.end(Phase.SCHEDULING)
            self.trace.end(Phase.CONTAINERS)
            self.has_run = True
            message = f"Container started on node {running.node}. Starting JupyterLab."
            self.log.emit(Stage.STARTING, message)
            url = f"http://{running.address}:{port}{path}"
            await self._wait_for_answer(url)
        self.trace.end(Phase.SERVER)
        self.log.emit(
            Stage.ROUTING,
            "JupyterLab is ready. Adding its route.",
            detail=self.trace.text(),
        )
        if (pod := self.pod) is None:
            raise SpawnFailedError(REMOVED)
        return pod

    def _is_own(self, uid: str) -> bool:
        return uid == self._uid

    async def _wait_for_container(self, timer: PausableTimeout) -> Running:
        async with contextlib.aclosing(self._states()) as states:
            async for state in states:
                if message := self._queued_message(state):
                    timer.pause()
                    self.log.emit_queued(Stage.QUEUED, message)
                    continue
                timer.resume()
                match state:
                    case Running():
                        return state
                    case StartFailed():
                        raise SpawnFailedError(state, await self._last_lines(state))
                    case StartPending():
                        # The pod's status may lag behind its events.
                        if state.stage >= self.log.percent:
                            self.log.emit(state.stage, state.message)
                        if state.stage is Stage.QUEUED:
                            await self._on_unschedulable()
        raise AssertionError("a watch has no end")

    def _queued_message(self, state: StartPending | Running | StartFailed) -> str:
        """What the pod waits for that others hold; empty if it does not wait so."""
        if not isinstance(state, StartPending) or state.stage is not Stage.QUEUED:
            return ""
        amounts = requested_amounts(self._plan.sizes)
        free = self._context.free_capacity()
        pod = self.pod
        pool = self._plan.project.pool
        # No other server's end would help one that is too large for every node.
        if pod is None or not has_suitable_node(free, amounts, pool, when_empty=True):
            return ""
        return describe_position(pod, self._context.pods.objects.values(), amounts)

    async def _states(
        self,
    ) -> AsyncGenerator[StartPending | Running | StartFailed, None]:
        async with contextlib.aclosing(self._context.pods.changes()) as changes:
            following = asyncio.ensure_future(anext(changes))
            seen = False
            try:
                # Subscribed first, looked second: no change falls in between.
                await asyncio.sleep(0)
                while True:
                    pod = self.pod
                    if pod and pod["spec"].get("nodeName"):
                        self.trace.end(Phase.SCHEDULING)
                    if pod or seen:
                        seen = True
                        yield classify(pod) if pod else REMOVED
                    await following
                    following = asyncio.ensure_future(anext(changes))
            finally:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

    async def _wait_for_answer(self, url: str) -> None:
        pause = _SHORTEST_PAUSE_SECONDS
        # Its user decides what the server answers, and how much.
        async with bounded_session(_PROBE_SECONDS) as session:
            while (status := await fetch_status(session, url)) is None or (
                status >= _SERVER_ERROR
            ):
                pod = self.pod
                state = classify(pod) if pod else REMOVED
                if isinstance(state, StartFailed):
                    raise SpawnFailedError(state, await self._last_lines(state))
                await asyncio.sleep(pause)
                # Until it listens, looking costs nothing and every moment counts.
                if status is not None:
                    pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _last_lines(self, failure: StartFailed) -> str:
        if not failure.has_log:
            return ""
        for previous in (False, True):
            with contextlib.suppress(ApiException, aiohttp.ClientError, TimeoutError):
                text = await self._context.core.read_namespaced_pod_log(
                    self._name,
                    self._namespace,
                    container=SERVER_CONTAINER,
                    tail_lines=_LAST_LINES,
                    limit_bytes=_LAST_BYTES,
                    previous=previous,
                )
                if text:
                    return str(text)
        return ""

    async def remove(self) -> None:
        """Delete the pod, and with it what it owns; wait until the pod is gone."""
        await self._remove_pod()

    async def _remove_pod(self) -> None:
        await self._delete(self._named("Pod", self._name))
        async with contextlib.aclosing(self._context.pods.changes()) as changes:
            while self._key in self._context.pods.objects:
                await anext(changes)

    async def _delete(self, named: Manifest) -> None:
        await self._objects.delete(named, grace_seconds=0, verb="remove", noun="server")
