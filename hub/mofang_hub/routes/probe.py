"""Ask the gateway whether a route is live.

Knows nothing of Kubernetes: it requests the route's proof path, which only the
newest form of that route answers, until the answer is the route's digest.

One answer shows that one of Envoy's workers has the route. Each worker takes over a
new configuration by itself, and a connection stays with the worker that accepted it,
so several new connections are asked before a route counts as live.
"""

import asyncio
import time
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from mofang_http.client import bounded_session, read_at_most
from mofang_hub.routes.models import Route, RouteNotLiveError

_INTERVAL_SECONDS = 0.015
_INTERVAL_PER_WAITER_SECONDS = 0.002
_REQUEST_SECONDS = 2.0
_CONFIRMATIONS = 8
"""With two workers, all of them miss the other one once in 256 times."""


class GatewayProbe:
    """Requests through one gateway address.

    Where several gateway pods stand behind the address, any one of them
    answers: the others follow within the spread of Istio's push.
    """

    def __init__(self, url: str, *, host: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._is_tls = urlsplit(url).scheme == "https"
        self._host = host
        self._stack = AsyncExitStack()
        self._lasting: aiohttp.ClientSession | None = None
        self._single: aiohttp.ClientSession | None = None
        self._waiters = 0

    async def wait_for_live(self, route: Route, *, timeout_seconds: float) -> float:
        """Wait until the gateway serves exactly this route.

        Returns:
            The seconds it took.

        Raises:
            RouteNotLiveError: When it does not within the time given.
        """
        began = time.monotonic()
        last = "no answer"
        self._waiters += 1
        try:
            while (waited := time.monotonic() - began) < timeout_seconds:
                last = await self._ask(route)
                if last == route.digest:
                    last = await self._confirm(route)
                if last == route.digest:
                    return time.monotonic() - began
                await asyncio.sleep(
                    max(_INTERVAL_SECONDS, self._waiters * _INTERVAL_PER_WAITER_SECONDS)
                )
        finally:
            self._waiters -= 1
        msg = (
            f"The route {route.routespec} was made, but the gateway at {self._url} "
            f"does not serve it after {waited:.0f} s (last: {last}). Look at the "
            "gateway's pod and at istiod, and whether the Gateway resource is there."
        )
        raise RouteNotLiveError(msg)

    async def close(self) -> None:
        """Close the connections to the gateway."""
        await self._stack.aclose()

    async def _confirm(self, route: Route) -> str:
        """Return the digest when all of several new connections answer with it."""
        asked = (self._ask(route, anew=True) for _ in range(_CONFIRMATIONS))
        answers = await asyncio.gather(*asked)
        return next((each for each in answers if each != route.digest), route.digest)

    async def _ask(self, route: Route, *, anew: bool = False) -> str:
        """Return the digest when live, else what came instead."""
        host = route.host or self._host
        try:
            async with (await self._session(anew=anew)).get(
                # The path is escaped by the hub; escaping it again would ask for
                # another one.
                URL(self._url + route.readiness_probe_path, encoded=True),
                headers={"Host": host} if host else {},
                # The name in TLS leads to the Gateway's certificate, as a browser's.
                server_hostname=host if self._is_tls else None,
                allow_redirects=False,
            ) as answer:
                # Until the route is live, any user's server may answer.
                proof = route.digest.encode()
                body = await read_at_most(answer, len(proof))
                is_proof = answer.status == 200 and body == proof  # noqa: PLR2004
                return route.digest if is_proof else f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, ValueError) as err:
            return str(err) or type(err).__name__

    async def _session(self, *, anew: bool) -> aiohttp.ClientSession:
        if self._lasting is None or self._single is None:
            self._lasting = await self._open(force_close=False)
            self._single = await self._open(force_close=True)
        return self._single if anew else self._lasting

    async def _open(self, *, force_close: bool) -> aiohttp.ClientSession:
        # Nothing secret is sent, and the digest that comes back is no use to anybody.
        # A certificate that only people's machines trust will do.
        connector = aiohttp.TCPConnector(ssl=False, force_close=force_close)
        session = bounded_session(_REQUEST_SECONDS, connector=connector)
        return await self._stack.enter_async_context(session)
