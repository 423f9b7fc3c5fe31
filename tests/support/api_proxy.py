"""The real API server behind a proxy that a test scripts, request by request.

A test puts it between one service and the API server: it counts requests, answers some
in the API server's place, ends connections, and changes the events of watches.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from kubernetes_asyncio import client

Event = dict[str, Any]

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HOP_BY_HOP = frozenset(
    {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}
)


@dataclass(frozen=True, kw_only=True)
class ApiRequest:
    """One request of the service.

    Attributes:
        query: The first value of each parameter.
    """

    verb: str
    path: str
    query: dict[str, str]
    body: bytes

    @property
    def is_write(self) -> bool:
        return self.verb in _WRITES

    @property
    def is_watch(self) -> bool:
        return self.query.get("watch", "") in {"1", "true", "True"}


Before = Callable[[ApiRequest], Awaitable[web.Response | None]]
After = Callable[[ApiRequest, int], Awaitable[None]]
Events = Callable[[ApiRequest, Event], AsyncIterator[Event | bytes]]
Rewrite = Callable[[str], str]


def refusal(code: int, reason: str, **headers: str) -> web.Response:
    """A ``Status`` of the API server, such as 410 Expired or 429 TooManyRequests."""
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "message": f"the test answers {reason}",
        "reason": reason,
        "code": code,
    }
    return web.json_response(
        status,
        status=code,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


class ApiProxy:
    """Forwards to an API server; ``running_proxy`` starts and ends one.

    Attributes:
        url: Where the service finds it.
        before: Sees each request first. Its answer, if any, is given instead of the
            API server's; a ``ConnectionError`` of its ends the connection unanswered.
        after: Sees each answer's status once the API server has acted, before the
            service hears of it. A ``ConnectionError`` ends the connection unanswered.
        events: Yields what the service sees of each event of a watch; bytes are sent as
            they are. A ``ConnectionError`` ends the watch.
        rewrite: Says what the API server is asked in place of a path with its query,
            such as one namespace in place of all.
    """

    def __init__(self, session: aiohttp.ClientSession, upstream: str) -> None:
        self._session = session
        self._upstream = upstream.rstrip("/")
        self._open: set[asyncio.Transport] = set()
        self.url = ""
        self.before: Before | None = None
        self.after: After | None = None
        self.events: Events | None = None
        self.rewrite: Rewrite | None = None

    def cut(self) -> None:
        """End all connections, those of watches too; new ones are accepted."""
        for transport in self._open:
            transport.abort()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one request."""
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        self._open.add(transport)
        try:
            return await self._serve(request)
        except (ConnectionError, aiohttp.ClientPayloadError):
            transport.abort()
            return web.Response()
        finally:
            self._open.discard(transport)

    def _address(self, request: web.Request) -> str:
        path = request.raw_path
        return self._upstream + (self.rewrite(path) if self.rewrite else path)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        asked = ApiRequest(
            verb=request.method,
            path=request.path,
            query=dict(request.query),
            body=await request.read(),
        )
        if self.before and (answer := await self.before(asked)):
            return answer
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._upgrade(request)
        async with self._session.request(
            asked.verb,
            self._address(request),
            data=asked.body or None,
            headers=_forwarded(request.headers),
            allow_redirects=False,
        ) as theirs:
            if self.after:
                await self.after(asked, theirs.status)
            answer = web.StreamResponse(
                status=theirs.status, headers=_forwarded(theirs.headers)
            )
            await answer.prepare(request)
            async for piece in self._pieces(asked, theirs):
                await answer.write(piece)
            await answer.write_eof()
            return answer

    async def _pieces(
        self, asked: ApiRequest, theirs: aiohttp.ClientResponse
    ) -> AsyncIterator[bytes]:
        if not (asked.is_watch and theirs.ok):
            async for piece in theirs.content.iter_any():
                yield piece
            return
        async for line in theirs.content:
            # Looked up for each: a test sets it while watches are open.
            if not self.events:
                yield line
                continue
            async for event in self.events(asked, json.loads(line)):
                if isinstance(event, bytes):
                    yield event
                else:
                    yield json.dumps(event).encode() + b"\n"

    async def _upgrade(self, request: web.Request) -> web.StreamResponse:
        """Pass on both directions of a WebSocket: ``exec``, ``attach``."""
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        protocols = [each.strip() for each in offered.split(",") if each.strip()]
        ours = web.WebSocketResponse(protocols=protocols, max_msg_size=0)
        async with self._session.ws_connect(
            self._address(request), protocols=protocols, max_msg_size=0
        ) as theirs:
            await ours.prepare(request)
            passes = [
                asyncio.ensure_future(_pass(ours, theirs)),
                asyncio.ensure_future(_pass(theirs, ours)),
            ]
            try:
                await asyncio.wait(passes, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in passes:
                    each.cancel()
                await asyncio.gather(*passes, return_exceptions=True)
            await ours.close()
        return ours


async def _pass(source: Any, target: Any) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)


def _forwarded(headers: Any) -> dict[str, str]:
    return {name: v for name, v in headers.items() if name.lower() not in _HOP_BY_HOP}


@asynccontextmanager
async def running_proxy(
    configuration: client.Configuration,
    *,
    host: str = "127.0.0.1",
    served_with: ssl.SSLContext | None = None,
) -> AsyncIterator[ApiProxy]:
    """A proxy in front of the API server that ``configuration`` reaches.

    Args:
        configuration: Its client certificate, if any, is what the proxy shows; services
            that bring a token of their own need one without.
        host: The address to listen on.
        served_with: By TLS, as in-cluster clients want; plain HTTP otherwise.
    """
    trusted = ssl.create_default_context(cafile=configuration.ssl_ca_cert)
    if configuration.cert_file:
        trusted.load_cert_chain(configuration.cert_file, configuration.key_file)
    async with aiohttp.ClientSession(
        auto_decompress=False,
        connector=aiohttp.TCPConnector(ssl=trusted, limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        # Events of large objects are one line each.
        read_bufsize=1 << 22,
    ) as session:
        proxy = ApiProxy(session, configuration.host)
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", proxy.serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, host, 0, ssl_context=served_with)
            await site.start()
            port = runner.addresses[0][1]
            scheme = "https" if served_with else "http"
            proxy.url = f"{scheme}://{host}:{port}"
            yield proxy
        finally:
            proxy.cut()
            await runner.cleanup()
