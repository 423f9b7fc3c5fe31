"""The training service as this server sees it: one address, one project, one token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    import aiohttp

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0


class ServiceAwayError(Exception):
    """The training service could not be reached, or broke off before it answered."""


class NotOnPlatformError(Exception):
    """This server lacks the settings the platform gives to its servers."""


@dataclass(slots=True, kw_only=True)
class TrainingServiceClient:
    """Sends requests with the server's hub token; the token stays in here."""

    url: str
    """Address with prefix and without the trailing ``api``; empty off the platform."""

    project: str
    token: str = field(repr=False)
    _client: aiohttp.ClientSession | None = field(default=None, init=False)

    @asynccontextmanager
    async def stream(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, list[str]] | None = None,
        body: bytes | None = None,
        endless: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request about the project; its answer's body is still to be read.

        Args:
            verb: HTTP method.
            path: What follows the project's part of the address, ``jobs/abc``.
            query: Parameters of the address.
            body: JSON, if there is any.
            endless: Whether the answer may pause for as long as it likes.

        Raises:
            NotOnPlatformError: The platform's settings are missing.
            ServiceAwayError: No answer came, or it broke off.
        """
        import aiohttp  # noqa: PLC0415 - start-up time of every server counts

        timeout = aiohttp.ClientTimeout(
            sock_connect=CONNECT_SECONDS,
            sock_read=None if endless else ANSWER_SECONDS,
        )
        named = [(name, each) for name, many in (query or {}).items() for each in many]
        try:
            async with self._http().request(
                verb,
                self.address(path),
                params=named,
                data=body,
                timeout=timeout,
                headers=self._headers(body),
                allow_redirects=False,
            ) as answer:
                yield answer
        except (aiohttp.ClientError, TimeoutError) as err:
            raise ServiceAwayError(str(err) or type(err).__name__) from err

    def address(self, path: str) -> str:
        """Return the address of something of the project.

        Raises:
            NotOnPlatformError: The platform's settings are missing.
        """
        if not (self.url and self.project and self.token):
            raise NotOnPlatformError
        root = self.url.rstrip("/")
        return f"{root}/api/projects/{quote(self.project, safe='')}/{path}"

    async def close(self) -> None:
        """Drop all connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _headers(self, body: bytes | None) -> dict[str, str]:
        headers = {"Authorization": f"token {self.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def _http(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - as above

        if self._client is None:
            self._client = aiohttp.ClientSession(
                # As many streams are open as JupyterLab follows.
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                # The service is in the cluster: a proxy for the world is in the way.
                trust_env=False,
            )
        return self._client
