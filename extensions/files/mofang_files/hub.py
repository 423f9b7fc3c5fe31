"""Ask the hub for a snapshot of the home: this server itself may make none."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from mofang_files.errors import FilesError

_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_AWAY = "The hub does not answer, so no snapshot was taken. Try again in a minute."


class NoSnapshotError(FilesError):
    """No snapshot was taken; says why."""

    code = "no_snapshot"
    status = 503


@dataclass(slots=True, kw_only=True)
class HubClient:
    """The hub's REST API, with this server's token."""

    url: str
    """Address of the API; empty off the platform."""
    token: str = field(repr=False)
    answer_seconds: float = _ANSWER_SECONDS

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
            answer = await AsyncHTTPClient().fetch(
                f"{self.url.rstrip('/')}/mofang/home/snapshots",
                method="POST",
                body="",
                headers={"Authorization": f"token {self.token}"},
                connect_timeout=_CONNECT_SECONDS,
                request_timeout=self.answer_seconds,
                follow_redirects=False,
            )
            return str(json.loads(answer.body)["name"])
        except HTTPClientError as err:
            raise NoSnapshotError(_message(err)) from err
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise NoSnapshotError(_AWAY) from err


def _message(err: HTTPClientError) -> str:
    """Return the hub's own sentence where it has sent one."""
    if err.response is None:
        return _AWAY
    try:
        return str(json.loads(err.response.body)["message"])
    except (ValueError, KeyError, TypeError):
        return f"No snapshot was taken: the hub answers {err.code}. Try again."
