"""Who sent a request: asked of the hub with the caller's own token.

The answer is kept for some seconds under the token's hash; the token itself is kept
nowhere and sent nowhere but to the hub.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx
from cachetools import TTLCache
from pydantic import BaseModel, ValidationError

from mofang_jobs.domain.errors import HubUnavailableError, UnauthorizedError
from mofang_jobs.domain.models import Caller

KEEP_SECONDS = 10.0
KEPT_CALLERS = 10_000

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
        """Names of the servers that the token is for; none for a person's own."""
        wide = {_ALL_SERVERS, f"{_ALL_SERVERS}!user={self.name}"}
        if wide.intersection(self.scopes):
            return []
        found = (each for each in self.scopes if each.startswith(_OF_SERVER))
        return [each.removeprefix(_OF_SERVER).partition("/")[2] for each in found]

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
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        api_url: str,
        *,
        keep_seconds: float = KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._url = f"{api_url.rstrip('/')}/user"
        self._known: TTLCache[bytes, Caller] = TTLCache(
            KEPT_CALLERS, ttl=keep_seconds, timer=clock
        )

    async def identify(self, authorization: str | None) -> Caller:
        """Return who bears the token of an ``Authorization`` header.

        Raises:
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
        caller = self._known.get(key)
        if caller is None:
            caller = self._known[key] = await self._ask(match[1])
        return caller

    async def _ask(self, token: str) -> Caller:
        try:
            answer = await self._http.get(
                self._url, headers={"Authorization": f"token {token}"}
            )
        except httpx.HTTPError as err:
            raise _away() from err
        if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise UnauthorizedError(
                "The hub does not know this token; perhaps it has expired or was "
                "revoked. Make a new one on the hub's page Token."
            )
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


def _away() -> HubUnavailableError:
    return HubUnavailableError(
        "The hub does not answer, so the caller cannot be identified. Running jobs are "
        "not affected. Try again in a moment."
    )
