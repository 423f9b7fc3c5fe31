"""Let people go on in their servers while the hub does not answer.

A server asks the hub who a token is of, and keeps the answer for five minutes. A hub
that is started anew at the end of these would fail each request until it is back. So
the last answer counts until the hub gives another one: what the hub has not told, such
as a log-out, nobody could learn meanwhile anyway.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from tornado.web import HTTPError

MOST_SECONDS = 3600.0
"""Since the hub said it: afterwards, nobody is let in by it."""
MOST_TOKENS = 1000

Ask = Callable[..., Awaitable[Any]]


class IdentityMemory:
    """Asks the hub, and answers in its place with what it said before.

    Args:
        ask: Sends a request to the hub: method, address, options. It raises an
            ``HTTPError`` of the server's own where there is no answer, and returns None
            for a token that is nobody's.
        clock: Seconds that only rise.
    """

    def __init__(self, ask: Ask, clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._said: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    async def __call__(self, method: str, url: str, /, **options: Any) -> Any:
        """Ask the hub, with the arguments of what is asked."""
        token = options.get("headers", {}).get("Authorization", "")
        if method != "GET" or not url.endswith("/user") or not token:
            return await self._ask(method, url, **options)
        # A heap that is dumped holds no token.
        key = sha256(token.encode()).hexdigest()
        try:
            answer = await self._ask(method, url, **options)
        except HTTPError as err:
            if err.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            if (known := self._find(key)) is None:
                raise
            return known
        self._keep(key, answer)
        return answer

    def _find(self, key: str) -> Any:
        at, answer = self._said.get(key, (0.0, None))
        return answer if self._clock() - at <= MOST_SECONDS else None

    def _keep(self, key: str, answer: Any) -> None:
        self._said.pop(key, None)
        if answer is None:
            return
        self._said[key] = self._clock(), answer
        if len(self._said) > MOST_TOKENS:
            self._said.popitem(last=False)


def bridge_outages(identity_provider: Any) -> None:
    """Let a server's identity provider remember, if it asks a hub.

    JupyterHub sets the provider itself, above all configuration, and names no seam
    between its cache and its requests; ``_api_request`` is where these are made.
    """
    hub_auth = getattr(identity_provider, "hub_auth", None)
    if hub_auth is not None:
        hub_auth._api_request = IdentityMemory(hub_auth._api_request)  # noqa: SLF001 - see above.
