"""Ask the hub for what this server itself may not do or know."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from mofang_files.errors import FilesError, RoleError
from mofang_files.kinds import CACHES, ItemKind

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_AWAY = "The hub does not answer. Try again in a minute."


class NoSnapshotError(FilesError):
    """No snapshot was taken; says why."""

    code = "no_snapshot"
    status = 503


class NoRoleError(FilesError):
    """Nobody says who one is in a project."""

    code = "no_role"
    status = 503


class LinkRefusedError(FilesError):
    """A link is not followed; says why."""

    code = "link_refused"
    status = 422


class _HubError(Exception):
    """The hub refuses or does not answer; the text is a sentence."""


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
        return await self._snapshot("mofang/home/snapshots")

    async def project_snapshot(self, project: str) -> str:
        """Keep the directory of a project as it is now; return the snapshot's name.

        Raises:
            NoSnapshotError: There is none; says why.
        """
        return await self._snapshot(f"mofang/projects/{quote(project, '')}/snapshots")

    async def removable_kinds(self, project: str) -> frozenset[ItemKind]:
        """Return what this server's user may remove of a project's directory.

        Raises:
            RoleError: Nothing.
            NoRoleError: The hub does not say.
        """
        try:
            answer = await self._ask(
                "GET", f"mofang/projects/{quote(project, '')}/role"
            )
        except _HubError as err:
            raise NoRoleError(f"What you may remove here is not known. {err}") from err
        match answer.get("role"):
            case "admin":
                return frozenset(ItemKind)
            case "member":
                return CACHES
            case _:
                raise RoleError("Only members of the project may clean up here.")

    async def _snapshot(self, path: str) -> str:
        try:
            name = (await self._ask("POST", path)).get("name")
        except _HubError as err:
            raise NoSnapshotError(f"Nothing was removed. {err}") from err
        if not isinstance(name, str):
            raise NoSnapshotError(f"Nothing was removed. {_AWAY}")
        return name

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
            told = await self._ask(
                "POST", f"mofang/users/{user}/servers/{server}/link", json.dumps(body)
            )
        except _HubError as err:
            raise LinkRefusedError(f"Nothing was cloned. {err}") from err
        try:
            return CheckedLink(
                is_confirmed=told["confirmed"] is True,
                host=str(told["host"]),
                directory=str(told["directory"]),
            )
        except KeyError as err:
            raise LinkRefusedError(f"Nothing was cloned. {_AWAY}") from err

    async def _ask(self, method: str, path: str, body: str = "") -> dict[str, Any]:
        """Send a request; return the object that is answered.

        Raises:
            _HubError: Says why there is none.
        """
        if not (self.url and self.token):
            raise _HubError(
                "This server was not started by Mofang, so there is no hub to ask."
            )
        try:
            answer = await AsyncHTTPClient().fetch(
                f"{self.url.rstrip('/')}/{path}",
                method=method,
                body=body if method == "POST" else None,
                headers={
                    "Authorization": f"token {self.token}",
                    "Content-Type": "application/json",
                },
                connect_timeout=_CONNECT_SECONDS,
                request_timeout=self.answer_seconds,
                follow_redirects=False,
            )
            found = json.loads(answer.body)
        except HTTPClientError as err:
            raise _HubError(_message(err)) from err
        except (OSError, ValueError) as err:
            raise _HubError(_AWAY) from err
        if not isinstance(found, dict):
            raise _HubError(_AWAY)
        return found


def _message(err: HTTPClientError) -> str:
    """Return the hub's own sentence where it has sent one."""
    if err.response is None:
        return _AWAY
    try:
        return str(json.loads(err.response.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"The hub answers {err.code}. Try again."
