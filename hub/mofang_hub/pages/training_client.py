"""The training service, asked by the hub in the name of who is logged in.

The service takes tokens and no cookies. The hub makes one for each log-in, with the
scopes of the page of jobs alone; it stays here, no browser sees it. It belongs to the
log-in's session, so that JupyterHub deletes it when the person logs out.
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from cachetools import TTLCache

from mofang_hub.auth.scopes import jobs_page_scopes

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0

TOKEN_SECONDS = 3600
"""Streams are cut when theirs expires, and pages open them again."""

_REUSE_SECONDS = TOKEN_SECONDS / 2
_KEPT_TOKENS = 10_000
_NOTE = "The hub's page of jobs"

_SESSION = re.compile(r"[0-9a-f]{32}", re.ASCII)
"""JupyterHub's form. The cookie is not signed, and its text gets into the database."""


class TrainingUnavailableError(Exception):
    """The training service could not be reached, or its answer broke off."""


class NoSessionError(Exception):
    """The log-in has no session that a token could belong to."""


class SessionTokens:
    """Tokens of people's log-ins, made when they are needed and used again.

    Args:
        clock: Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._tokens: TTLCache[tuple[int, str], str] = TTLCache(
            _KEPT_TOKENS, ttl=_REUSE_SECONDS, timer=clock
        )

    def get(self, user: Any, session: str | None) -> str:
        """Return a token of a user's log-in.

        Args:
            user: JupyterHub's.
            session: What the browser says is its session; None without one.

        Raises:
            NoSessionError: It is not one of JupyterHub's.
        """
        if session is None or not _SESSION.fullmatch(session):
            raise NoSessionError
        key = (user.id, session)
        if (token := self._tokens.get(key)) is None:
            token = user.new_api_token(
                note=_NOTE,
                scopes=jobs_page_scopes(),
                session_id=session,
                expires_in=TOKEN_SECONDS,
            )
            self._tokens[key] = token
        return token

    def forget(self, user: Any, session: str | None) -> None:
        """Make another next time: the person may have revoked this one."""
        if session is not None:
            self._tokens.pop((user.id, session), None)


class TrainingApiClient:
    """Sends requests to the training service.

    Args:
        url: Its address with prefix, such as ``http://training:8080/services/training``.
    """

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self.tokens = SessionTokens()

    @asynccontextmanager
    async def ask(
        self,
        verb: str,
        path: str,
        *,
        token: str,
        query: Sequence[tuple[str, str]] = (),
        forwarded_for: str = "",
        is_endless: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request; its answer's body is still to be read.

        Args:
            verb: HTTP method.
            path: Below ``api/projects/``, of checked parts.
            token: Whose request it is.
            query: Parameters of the address.
            forwarded_for: Whom the hub speaks for, for the audit log.
            is_endless: Whether the answer may pause for as long as it likes.

        Raises:
            TrainingUnavailableError: No answer came, or it broke off.
        """
        timeout = aiohttp.ClientTimeout(
            sock_connect=CONNECT_SECONDS,
            sock_read=None if is_endless else ANSWER_SECONDS,
        )
        headers = {"Authorization": f"token {token}"}
        if forwarded_for:
            headers["X-Forwarded-For"] = forwarded_for
        try:
            # The service is in the cluster: a proxy for the world is in the way.
            async with (
                aiohttp.ClientSession(
                    cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
                ) as session,
                session.request(
                    verb,
                    f"{self._url}/api/projects/{path}",
                    params=list(query),
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                ) as answer,
            ):
                yield answer
        except (aiohttp.ClientError, TimeoutError) as err:
            raise TrainingUnavailableError(str(err) or type(err).__name__) from err
