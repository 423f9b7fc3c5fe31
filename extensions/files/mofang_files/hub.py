"""Ask the hub for what this server itself may not do or know."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from mofang_files.errors import FilesError

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0


class NoSnapshotError(FilesError):
    """No snapshot was taken; says why."""

    code = "no_snapshot"
    status = 503


class LinkRefusedError(FilesError):
    """A link is not followed; says why."""

    code = "link_refused"
    status = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLink:
    """What the hub says of a link."""

    is_confirmed: bool
    """Whether the person has pressed the button of its page; told once."""
    host: str
    directory: str
    """Name of the clone in the home."""


@dataclass(slots=True, kw_only=True)
class HubClient:
    """The hub's REST API, with this server's token."""

    url: str
    """Address of the API; empty off the platform."""
    token: str = field(repr=False)
    user: str = ""
    server: str = ""
    answer_seconds: float = _ANSWER_SECONDS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the client of this server, as JupyterHub has started it."""
        return cls(
            url=environment.get("JUPYTERHUB_API_URL", ""),
            token=environment.get("JUPYTERHUB_API_TOKEN", ""),
            user=environment.get("JUPYTERHUB_USER", ""),
            server=environment.get("JUPYTERHUB_SERVER_NAME", ""),
        )

    async def snapshot(self) -> str:
        """Keep the home as it is now; return the snapshot's name.

        Raises:
            NoSnapshotError: There is none; says why.
        """
        if not (self.url and self.token):
            raise NoSnapshotError(
                "This server was not started by Mofang, so there is nobody to take a "
                "snapshot."
            )
        try:
            return str((await self._post("home/snapshots", ""))["name"])
        except HTTPClientError as err:
            raise NoSnapshotError(_message(err, "no snapshot was taken")) from err
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise NoSnapshotError(_away("no snapshot was taken")) from err

    async def ask_link(self, repository: str, branch: str, path: str) -> CheckedLink:
        """Ask whether a link may be followed.

        Args:
            repository: Address.
            branch: Name; empty for the default.
            path: Of what to open in it; empty for nothing.

        Raises:
            LinkRefusedError: It may not; says why.
        """
        if not all((self.url, self.token, self.user, self.server)):
            raise LinkRefusedError(
                "This server was not started by Mofang, so it follows no links. Clone "
                "the repository in a terminal."
            )
        user, server = (quote(each, safe="") for each in (self.user, self.server))
        body = {"repository": repository, "branch": branch, "path": path}
        try:
            told = await self._post(
                f"users/{user}/servers/{server}/link", json.dumps(body)
            )
            return CheckedLink(
                is_confirmed=told["confirmed"] is True,
                host=str(told["host"]),
                directory=str(told["directory"]),
            )
        except HTTPClientError as err:
            raise LinkRefusedError(_message(err, "nothing was cloned")) from err
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise LinkRefusedError(_away("nothing was cloned")) from err

    async def _post(self, path: str, body: str) -> Any:
        answer = await AsyncHTTPClient().fetch(
            f"{self.url.rstrip('/')}/mofang/{path}",
            method="POST",
            body=body,
            headers={
                "Authorization": f"token {self.token}",
                "Content-Type": "application/json",
            },
            connect_timeout=_CONNECT_SECONDS,
            request_timeout=self.answer_seconds,
            follow_redirects=False,
        )
        return json.loads(answer.body)


def _away(what: str) -> str:
    return f"The hub does not answer, so {what}. Try again in a minute."


def _message(err: HTTPClientError, what: str) -> str:
    """Return the hub's own sentence where it has sent one."""
    if err.response is None:
        return _away(what)
    try:
        return str(json.loads(err.response.body)["message"])
    except (ValueError, KeyError, TypeError):
        done = f"{what[0].upper()}{what[1:]}"
        return f"{done}: the hub answers {err.code}. Try again."
