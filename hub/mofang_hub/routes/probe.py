"""Ask the gateway whether a route is live.

Knows nothing of Kubernetes: it requests the route's proof path, which only the
newest form of that route answers, until the answer is the route's digest.
"""

import asyncio
import time

import aiohttp
from yarl import URL

from mofang_hub.routes.models import Route, RouteNotLiveError

_INTERVAL_SECONDS = 0.015
_INTERVAL_PER_WAITER_SECONDS = 0.002
_REQUEST_SECONDS = 2.0


class GatewayProbe:
    """Requests through one gateway address.

    Where several gateway pods stand behind the address, any one of them
    answers: the others follow within the spread of Istio's push.
    """

    def __init__(self, url: str, *, host: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._host = host
        self._session: aiohttp.ClientSession | None = None
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
        if self._session is not None:
            await self._session.close()

    async def _ask(self, route: Route) -> str:
        """Return the digest when live, else what came instead."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=_REQUEST_SECONDS)
            )
        host = route.host or self._host
        try:
            async with self._session.get(
                # The path is escaped by the hub; escaping it again would ask for
                # another one.
                URL(self._url + route.proof_path, encoded=True),
                headers={"Host": host} if host else {},
                allow_redirects=False,
            ) as answer:
                text = await answer.text()
                is_proof = answer.status == 200 and text == route.digest  # noqa: PLR2004
                return text if is_proof else f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as err:
            return str(err) or type(err).__name__
