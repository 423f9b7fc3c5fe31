"""Who sent a request: asked of the hub with the caller's own token.

The answer is kept for some seconds under the token's hash; the token itself is kept
nowhere and sent nowhere but to the hub.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
from cachetools import TTLCache
from pydantic import BaseModel, ValidationError

from mofang_jobs.adapters.rate_limits import RateLimits
from mofang_jobs.domain.errors import (
    HubUnavailableError,
    TooManyError,
    UnauthorizedError,
)
from mofang_jobs.domain.models import Caller

KEEP_SECONDS = 10.0
KEPT_CALLERS = 10_000
OBSERVED_SECONDS = 3600.0
"""How long a token that was good is asked for before those that nobody has seen."""

UNKNOWN_AT_ONCE = 20
"""Questions to the hub about tokens that nobody has seen; others have the rest of the
client's connections."""

UNKNOWN_PER_SECOND = 10
_BURST_SECONDS = 5
_PEER_FACTOR = 5
"""Behind one peer, the gateway, are many addresses."""

_HEADER = re.compile(r"(?:token|bearer)\s+([\x21-\x7e]{1,512})", re.IGNORECASE)


_ALL_SERVERS = "access:servers"
_OF_SERVER = f"{_ALL_SERVERS}!server="
"""How the scope begins that lets a token reach one server."""


class _HubServer(BaseModel):
    user_options: dict[str, Any] | None = None


class _HubUser(BaseModel):
    kind: str
    name: str
    groups: list[str] = []
    scopes: list[str] = []
    servers: dict[str, _HubServer] = {}
    """Those that the token may read of and that are active; a server's token, the own.
    """

    @property
    def bound_to(self) -> list[str]:
        """Names of the servers that the token is for; none for a person's own.

        A server of somebody else is named with its owner, so that it is none of ours.
        """
        wide = {_ALL_SERVERS, f"{_ALL_SERVERS}!user={self.name}"}
        if wide.intersection(self.scopes):
            return []
        found = (each for each in self.scopes if each.startswith(_OF_SERVER))
        own = f"{self.name}/"
        return [each.removeprefix(_OF_SERVER).removeprefix(own) for each in found]

    @property
    def is_incomplete(self) -> bool:
        """Whether the hub leaves out a server that it would tell of.

        It does until it has looked after servers that ran before it was started.
        """
        return any(
            f"read:servers!server={self.name}/{server}" in self.scopes
            and server not in self.servers
            for server in self.bound_to
        )

    @property
    def projects(self) -> frozenset[str] | None:
        """Those of the servers that the token is for; None for a person's own."""
        if not self.bound_to:
            return None
        servers = (self.servers.get(name, _HubServer()) for name in self.bound_to)
        projects = ((each.user_options or {}).get("project") for each in servers)
        return frozenset(each for each in projects if isinstance(each, str))


class HubIdentity:
    """Turns ``Authorization`` headers into callers.

    Args:
        http: Client that reaches the hub; shared, not closed here.
        api_url: The hub's API, such as ``http://hub.mofang.svc:8081/hub/api``.
        keep_seconds: How long an answer holds.
        unknown_per_second: Tokens from one address that nobody has seen yet.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_url: str,
        *,
        keep_seconds: float = KEEP_SECONDS,
        unknown_per_second: int = UNKNOWN_PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = f"{api_url.rstrip('/')}/user"
        self._known: TTLCache[bytes, Caller] = TTLCache(
            KEPT_CALLERS, ttl=keep_seconds, timer=clock
        )
        self._refused: TTLCache[bytes, None] = TTLCache(
            KEPT_CALLERS, ttl=keep_seconds, timer=clock
        )
        self._observed: TTLCache[bytes, None] = TTLCache(
            KEPT_CALLERS, ttl=OBSERVED_SECONDS, timer=clock
        )
        self._of_address = RateLimits(unknown_per_second, burst_seconds=_BURST_SECONDS)
        self._of_peer = RateLimits(
            _PEER_FACTOR * unknown_per_second, burst_seconds=_BURST_SECONDS
        )
        self._unknown_turn = asyncio.Semaphore(UNKNOWN_AT_ONCE)

    async def identify(
        self, authorization: str | None, *, peer: str = "", forwarded_for: str = ""
    ) -> Caller:
        """Return who bears the token of an ``Authorization`` header.

        Args:
            authorization: The header; None if there is none.
            peer: Address of the other end of the connection.
            forwarded_for: Whom the other end says it speaks for; empty for nobody.

        Raises:
            TooManyError: Too many tokens come from there that nobody has seen yet.
            UnauthorizedError: There is no token, or the hub does not know it.
            HubUnavailableError: The hub did not say.
        """
        match = _HEADER.fullmatch((authorization or "").strip())
        if match is None:
            raise UnauthorizedError(
                "The request bears no token. Send the header Authorization: token …; "
                "make a token on the hub's page Token."
            )
        key = hashlib.sha256(match[1].encode()).digest()
        if (caller := self._known.get(key)) is not None:
            return caller
        if key in self._refused:
            raise _unknown()
        try:
            if key in self._observed:
                caller = await self._ask(match[1])
            else:
                caller = await self._ask_of_unknown(match[1], peer, forwarded_for)
        except UnauthorizedError:
            self._refused[key] = None
            self._observed.pop(key, None)
            raise
        self._known[key], self._observed[key] = caller, None
        return caller

    async def _ask_of_unknown(
        self, token: str, peer: str, forwarded_for: str
    ) -> Caller:
        """Ask of a token that may be any word: anybody can send a new one each time."""
        address = f"{peer} {forwarded_for}"
        if not (
            await self._of_address.take(address) and await self._of_peer.take(peer)
        ):
            raise TooManyError(
                "Many tokens that nobody has used before come from this address. Try "
                "again in a second.",
                retry_seconds=1,
            )
        async with self._unknown_turn:
            return await self._ask(token)

    async def _ask(self, token: str) -> Caller:
        try:
            answer = await self._http.get(
                self._url, headers={"Authorization": f"token {token}"}
            )
        except httpx.HTTPError as err:
            raise _away() from err
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise _unknown()
        if answer.status_code != HTTPStatus.OK:
            raise _away()
        try:
            user = _HubUser.model_validate_json(answer.content)
        except ValidationError as err:
            raise _away() from err
        if user.is_incomplete:
            raise _away()
        return Caller(
            name=user.name,
            groups=frozenset(user.groups),
            scopes=frozenset(user.scopes),
            is_person=user.kind == "user",
            projects=user.projects,
        )


def _unknown() -> UnauthorizedError:
    return UnauthorizedError(
        "The hub does not know this token; perhaps it has expired or was revoked. Make "
        "a new one on the hub's page Token."
    )


def _away() -> HubUnavailableError:
    return HubUnavailableError(
        "The hub does not answer, so the caller cannot be identified. Running jobs are "
        "not affected. Try again in a moment."
    )
