"""A program in a container with a client at its other end, by the API server's exec.

The container gets no token: what is typed and printed is all that passes.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Protocol

import aiohttp
import structlog
from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api
from kubernetes_asyncio.stream import WsApiClient
from typing_extensions import override

from mofang_jobs.domain.container_commands import ContainerCommand, ShellTarget
from mofang_jobs.domain.terminal_protocol import ERROR, STDERR, STDOUT
from mofang_kube.errors import ClusterError, ConflictError, MofangError

log = structlog.get_logger(__name__)

OPEN_SECONDS = 15.0
END_SECONDS = 10.0
PROTOCOLS = "v5.channel.k8s.io, v4.channel.k8s.io"
MARK = "MOFANG_SHELL"

# $1 is the mark. Whatever the shell started has inherited it. First a hang-up, as
# of a terminal that goes; what does not heed it within a second is killed.
_END = (
    'all() { grep -lszxF "$1" /proc/[0-9]*/environ | cut -d/ -f3; }; '
    'set -- "$1"; kill -HUP $(all "$1") 2>/dev/null; '
    'for i in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(all "$1")" ] && exit 0; '
    'sleep 0.1; done; kill -KILL $(all "$1") 2>/dev/null; exit 0'
)


class ExecStream(Protocol):
    """A program's input and output, with or without a terminal between."""

    def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Yield channel and content of what comes, until the shell ends.

        Not faster than it is taken: the container waits meanwhile.
        """

    async def send(self, frame: bytes) -> None:
        """Send a frame; returns when the connection has taken it."""

    async def ping(self) -> None:
        """Keep the connection from being taken for idle."""

    async def close(self) -> None:
        """End the connection."""


class PodExec(Protocol):
    """Where terminals are opened."""

    async def open(
        self, target: ShellTarget, session: str, program: ContainerCommand
    ) -> ExecStream:
        """Start a program in the target's container.

        Args:
            target: The container.
            session: Id of the session, by which its processes are found again.
            program: What to run.
        """

    async def end(self, target: ShellTarget, session: str) -> None:
        """End what the session left running."""


class _Exec:
    """A terminal on an exec connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        async for message in self._socket:
            if message.type is not aiohttp.WSMsgType.BINARY or not message.data:
                continue
            content: bytes = message.data
            if content[0] in {STDOUT, STDERR, ERROR} and len(content) > 1:
                yield content[0], content[1:]

    async def send(self, frame: bytes) -> None:
        with suppress(ConnectionError):
            await self._socket.send_bytes(frame)

    async def ping(self) -> None:
        with suppress(ConnectionError):
            await self._socket.ping()

    async def close(self) -> None:
        with suppress(TimeoutError, aiohttp.ClientError):
            async with asyncio.timeout(END_SECONDS):
                await self._socket.close()


class _ExecClient(WsApiClient):  # type: ignore[misc]  # the library has no types
    """Asks for the newest channel protocol and for answers with backpressure."""

    @override
    async def request(self, *arguments: Any, **more: Any) -> Any:
        headers = dict(more.get("headers") or {})
        headers["sec-websocket-protocol"] = PROTOCOLS
        more["headers"] = headers
        return await super().request(*arguments, **more)


class ApiServerExec:
    """Opens terminals through the API server.

    Args:
        api: Whose address and credentials are used; not closed here.
    """

    def __init__(self, api: ApiClient) -> None:
        # No heartbeat of the library's: while a slow client makes us wait, answers
        # to it are not read, and it would take the container for dead.
        self._client = _ExecClient(configuration=api.configuration)
        self._core = CoreV1Api(self._client)

    async def stop(self) -> None:
        """Let go of the connections."""
        await self._client.close()

    async def open(
        self, target: ShellTarget, session: str, program: ContainerCommand
    ) -> ExecStream:
        """Start a program in the target's container.

        Args:
            target: The container.
            session: Id of the session, by which its processes are found again.
            program: What to run.

        Raises:
            ConflictError: The container does not run any more.
            ClusterError: Kubernetes would not or could not.
        """
        command = ["env", f"{MARK}={session}", *program.argv]
        tty = program.has_terminal
        return _Exec(await self._exec(target, command, stdin=True, tty=tty))

    async def end(self, target: ShellTarget, session: str) -> None:
        """End what the session left running in the container."""
        command = ["sh", "-c", _END, "mofang-shell", f"{MARK}={session}"]
        try:
            async with asyncio.timeout(END_SECONDS):
                socket = await self._exec(target, command, stdin=False, tty=False)
                try:
                    async for _ in _Exec(socket).frames():
                        pass
                finally:
                    await socket.close()
        except (TimeoutError, MofangError, aiohttp.ClientError) as err:
            # Where the container has ended, so has everything in it.
            log.info("shell could not be ended", pod=target.pod, error=str(err))

    async def _exec(
        self, target: ShellTarget, command: list[str], *, stdin: bool, tty: bool
    ) -> aiohttp.ClientWebSocketResponse:
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                opening = await self._core.connect_get_namespaced_pod_exec(
                    target.pod,
                    target.namespace,
                    container=target.container,
                    command=command,
                    stdin=stdin,
                    stdout=True,
                    stderr=not tty,
                    tty=tty,
                    _preload_content=False,
                )
                socket: aiohttp.ClientWebSocketResponse = await opening
        except aiohttp.WSServerHandshakeError as err:
            raise _refusal(target, err.status, err.message) from err
        except ApiException as err:
            raise _refusal(target, int(err.status or 0), str(err.reason)) from err
        except (aiohttp.ClientError, OSError, TimeoutError) as err:
            raise ClusterError(
                f"The shell in {target.label} could not be opened: Kubernetes does not "
                "answer. Try again in a minute."
            ) from err
        return socket


def _refusal(target: ShellTarget, status: int, message: str) -> MofangError:
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST}:
        return ConflictError(
            f"{target.label} does not run any more, so no shell can be opened in it."
        )
    with suppress(ValueError, KeyError, TypeError):
        message = json.loads(message)["message"]
    return ClusterError(
        f"The shell in {target.label} could not be opened: {message} Try again in a "
        "minute."
    )
