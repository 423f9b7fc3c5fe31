"""Ways for requests to go: from outside, and from a pod of another project."""

import asyncio
import base64
import contextlib
import json
import sys
from pathlib import Path
from typing import Any, Self

from aiolimiter import AsyncLimiter

from attack import exchange
from attack.classification import SLOW_SECONDS
from attack.exchange import Answer, Exchange
from attack.people import LIMIT_PER_PERSON
from attack.request import Request, To
from attack.scene import Caller

_STREAM_SECONDS = 2.0
"""How long one listens to what does not end, once it has begun."""
_PORTS = {To.HUB: 8081, To.TRAINING: 8080}


class PodRelay:
    """``attack.exchange`` in a pod, by kubectl.

    Args:
        namespace: Of the pod.
        pod: Its name; Python is in it.
    """

    def __init__(self, namespace: str, pod: str) -> None:
        self._command = [sys.executable, "-m", "mofang_local", "kubectl", "exec", "-i"]
        source = Path(exchange.__file__).read_text()
        self._command += ["-n", namespace, pod, "--", "python3", "-u", "-c", source]
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._last = 0

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=8 * exchange.MOST_BYTES,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(20):
                await self._process.wait()
        except TimeoutError:
            self._process.terminate()
            await self._process.wait()
        await self._reading

    async def send(
        self,
        host: str,
        port: int,
        payload: bytes,
        *,
        method: str,
        within: float,
        listen: float | None,
    ) -> Answer:
        """Send a request from the pod; arguments as of ``Exchange``.

        Args:
            host: Where to.
            port: Where to.
            payload: All that is sent.
            method: Of the request, or empty.
            within: Seconds until one does not listen any more.
            listen: Likewise, from the answer's headers on; None for no other.
        """
        self._last += 1
        asked = {
            "id": self._last,
            "host": host,
            "port": port,
            "payload": base64.b64encode(payload).decode(),
            "method": method,
            "within": within,
            "listen": listen,
        }
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[self._last] = answer
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        await self._process.stdin.drain()
        async with asyncio.timeout(within + 30):
            return await answer

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            told: dict[str, Any] = json.loads(line)
            model = told["answer"]
            model["body"] = base64.b64decode(model["body"])
            model["headers"] = [tuple(each) for each in model["headers"]]
            future = self._waiting.pop(told["id"])
            if not future.done():
                future.set_result(Answer(**model))
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the pod's program ended"))


class Sender:
    """Sends each request its way, no faster than one person may.

    Args:
        gateway: Host and port.
        relay: A pod of another project.
        platform_namespace: Where hub and training service are.
    """

    def __init__(
        self, gateway: tuple[str, int], relay: PodRelay, platform_namespace: str
    ) -> None:
        self._gateway = gateway
        self._relay = relay
        self._namespace = platform_namespace
        self._exchange = Exchange()
        self._limits: dict[str, AsyncLimiter] = {}

    async def send(self, request: Request, caller: Caller) -> Answer:
        """Send a request when its caller's turn has come."""
        async with self._turn(caller):
            pass
        options: dict[str, Any] = {
            "method": request.method,
            "within": SLOW_SECONDS,
            "listen": _STREAM_SECONDS if request.is_stream else None,
        }
        if request.to is To.GATEWAY:
            return await self._exchange(*self._gateway, request.payload, **options)
        host = f"{request.to}.{self._namespace}.svc"
        port = _PORTS[request.to]
        return await self._relay.send(host, port, request.payload, **options)

    def close(self) -> None:
        self._exchange.close()

    def _turn(self, caller: Caller) -> contextlib.AbstractAsyncContextManager[None]:
        if not caller.user:
            return contextlib.nullcontext()
        if caller.user not in self._limits:
            # A tenth of a second's requests at once.
            burst = LIMIT_PER_PERSON / 10
            self._limits[caller.user] = AsyncLimiter(burst, 0.1)
        return self._limits[caller.user]
