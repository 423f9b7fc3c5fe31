"""Making a server's objects and waiting until it answers.

The objects are a Secret, the pod and its Service; Secret and Service belong to
the pod and go with it. Each start names its Service anew: one of the same name
would get another address, and whoever remembers the old one waits in vain.
Secret and pod keep their names, so that a start finds what a hub that died in
the middle of one left behind.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, Literal

import aiohttp
from kubernetes_asyncio.client import ApiException
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from mofang_kube.deadline import Deadline
from mofang_kube.errors import NotFoundError, translated
from mofang_kube.watcher import Watcher
from mofang_spawner import pods
from mofang_spawner.choice import Choice
from mofang_spawner.context import SpawnContext
from mofang_spawner.progress import StartLog
from mofang_spawner.verdict import REMOVED, Lost, Running, Stage, Waiting, judge

Manifest = dict[str, Any]

_CONFLICT = 409
_SERVER_ERROR = 500
_PROBE_PAUSE_SECONDS = 0.05
_LAST_LINES = 20


class StartLostError(Exception):
    """The server will not come."""

    def __init__(self, lost: Lost, log: str = "") -> None:
        super().__init__(lost.sentence)
        self.lost = lost
        self.log = log
        """The container's last lines, or empty."""


class Launch:
    """One start of one server."""

    def __init__(
        self, context: SpawnContext, choice: Choice, *, namespace: str, name: str
    ) -> None:
        self._context = context
        self._core = context.core
        self._choice = choice
        self._namespace = namespace
        self._name = name
        self._uid = ""
        self.service = f"{name}-{secrets.token_hex(2)}"
        """Name of this start's Service."""
        self.log = StartLog()
        self.has_run = False
        """Whether the container ran, and so the image's programs and the user's files
        had their turn."""

    @property
    def _key(self) -> str:
        return f"{self._namespace}/{self._name}"

    @property
    def _pod(self) -> Manifest | None:
        """The pod this start made, as the watch last saw it."""
        pod = self._context.pods.objects.get(self._key)
        return pod if pod and pod["metadata"]["uid"] == self._uid else None

    async def create(self, pod: Manifest, *, token: str, port: int) -> None:
        """Make Secret, pod and Service.

        Raises:
            MofangError: Kubernetes refused, such as for the project's quota.
        """
        self.log.say(Stage.REQUESTED, "Requesting resources.")
        secret = pods.secret(self._name, self._choice, token)
        await self._make_anew("secret", secret)
        made = await self._make_anew("pod", pod)
        self._uid = made["metadata"]["uid"]
        owner = pods.owner_reference(made)
        service = pods.service(self.service, self._choice, owner, port)
        with translated("make", "service", self.service):
            await asyncio.gather(
                self._core.create_namespaced_service(self._namespace, service),
                self._core.patch_namespaced_secret(
                    self._name,
                    self._namespace,
                    {"metadata": {"ownerReferences": [owner]}},
                    _content_type="application/merge-patch+json",
                ),
            )

    async def _make_anew(
        self, kind: Literal["secret", "pod"], manifest: Manifest
    ) -> Manifest:
        """Make it; what a hub that died in the middle of a start left goes first."""
        core = self._core
        match kind:
            case "secret":
                create, remove = core.create_namespaced_secret, self._remove_secret
            case "pod":
                create, remove = core.create_namespaced_pod, self._remove_pod
        verb, what = ("start", "server") if kind == "pod" else ("make", kind)
        with translated(verb, what, self._name):
            try:
                made = await create(self._namespace, manifest)
            except ApiException as err:
                if err.status != _CONFLICT:
                    raise
                await remove()
                made = await create(self._namespace, manifest)
        found: Manifest = self._context.api.sanitize_for_serialization(made)
        return found

    async def wait(self, path: str, port: int, deadline: Deadline) -> None:
        """Until the server answers at ``path`` of its pod.

        Raises:
            StartLostError: It ended or cannot start; with cause and last lines.
            TimeoutError: The deadline passed.
        """
        async with asyncio.timeout(deadline.left), self._events():
            running = await self._wait_for_container()
            self.has_run = True
            self.log.say(Stage.STARTING, f"JupyterLab starts on {running.node}.")
            url = f"http://{running.address}:{port}{path}"
            await self._wait_for_answer(url)
        self.log.say(Stage.ROUTING, "JupyterLab answers. Opening its address.")

    async def _wait_for_container(self) -> Running:
        async with contextlib.aclosing(self._states()) as states:
            async for state in states:
                match state:
                    case Running():
                        return state
                    case Lost():
                        raise StartLostError(state, await self._last_lines(state))
                    case Waiting():
                        self.log.say(state.stage, state.sentence)
        raise AssertionError("a watch has no end")

    async def _states(self) -> AsyncGenerator[Waiting | Running | Lost, None]:
        async with contextlib.aclosing(self._context.pods.changes()) as changes:
            following = asyncio.ensure_future(anext(changes))
            seen = False
            try:
                # Subscribed first, looked second: no change falls in between.
                await asyncio.sleep(0)
                while True:
                    pod = self._pod
                    if pod or seen:
                        seen = True
                        yield judge(pod) if pod else REMOVED
                    await following
                    following = asyncio.ensure_future(anext(changes))
            finally:
                following.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following

    async def _wait_for_answer(self, url: str) -> None:
        client = AsyncHTTPClient(force_instance=True)
        try:
            while not await self._answers(client, url):
                pod = self._pod
                state = judge(pod) if pod else REMOVED
                if isinstance(state, Lost):
                    raise StartLostError(state, await self._last_lines(state))
                await asyncio.sleep(_PROBE_PAUSE_SECONDS)
        finally:
            client.close()

    @staticmethod
    async def _answers(client: AsyncHTTPClient, url: str) -> bool:
        try:
            answer = await client.fetch(
                url, follow_redirects=False, raise_error=False, request_timeout=5
            )
        except (OSError, HTTPClientError):
            return False
        return bool(answer.code < _SERVER_ERROR)

    @contextlib.asynccontextmanager
    async def _events(self) -> AsyncIterator[None]:
        """Follow this pod's events while somebody waits, and no longer."""
        watcher = Watcher(
            self._context.api,
            f"/api/v1/namespaces/{self._namespace}/events",
            field_selector=f"involvedObject.name={self._name}",
        )
        teller = asyncio.create_task(self._tell(watcher))
        watcher.start()
        try:
            yield
        finally:
            teller.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await teller
            await watcher.stop()

    async def _tell(self, watcher: Watcher) -> None:
        async with contextlib.aclosing(watcher.changes()) as changes:
            async for change in changes:
                event = change.object
                if event["involvedObject"].get("uid") != self._uid:
                    continue
                reason, message = event.get("reason", ""), event.get("message", "")
                match reason:
                    case "Pulling":
                        self.log.say(Stage.PULLING, "Pulling the image.", message)
                    case "FailedMount" | "Failed" | "BackOff":
                        self.log.say(0, "Retrying.", message)
                    case _:
                        pass

    async def _last_lines(self, lost: Lost) -> str:
        if not lost.has_log:
            return ""
        for previous in (False, True):
            with contextlib.suppress(ApiException, aiohttp.ClientError, TimeoutError):
                text = await self._core.read_namespaced_pod_log(
                    self._name,
                    self._namespace,
                    container=pods.CONTAINER,
                    tail_lines=_LAST_LINES,
                    previous=previous,
                )
                if text:
                    return str(text)
        return ""

    async def remove(self) -> None:
        """Delete what this start made, and wait until the pod is gone."""
        await self._remove_secret()
        await self._delete(self._core.delete_namespaced_service, self.service)
        await self._remove_pod()

    async def _remove_secret(self) -> None:
        await self._delete(self._core.delete_namespaced_secret, self._name)

    async def _remove_pod(self) -> None:
        await self._delete(self._core.delete_namespaced_pod, self._name)
        async with contextlib.aclosing(self._context.pods.changes()) as changes:
            while self._key in self._context.pods.objects:
                await anext(changes)

    async def _delete(self, delete: Callable[..., Awaitable[Any]], name: str) -> None:
        with (
            contextlib.suppress(NotFoundError),
            translated("remove", "server", name),
        ):
            await delete(name, self._namespace, grace_period_seconds=0)
