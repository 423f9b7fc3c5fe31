"""What requests for snapshots share: who asks, and how often.

Only the reconciler's mount may make snapshots, so each is a write to Kubernetes that
somebody waits for.
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.user import User
from tornado import web

_LONG_SECONDS = 120

Subject = tuple[str, ...]
"""What is asked for, and by whom."""

_taken: dict[Subject, float] = {}
"""When each was asked for last, by the monotonic clock."""


class SnapshotHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """A request of a person's server about files."""

    def find_person(self, scope: str, what: str) -> User:
        """Return who asks.

        Args:
            scope: That the token must have.
            what: Is done for a person, for the refusal.

        Raises:
            HTTPError: A service asks, or a token without the scope.
        """
        user = self.current_user
        # JupyterHub's decorator knows no custom scopes when modules are loaded.
        if not isinstance(user, User) or scope not in self.expanded_scopes:
            raise web.HTTPError(
                HTTPStatus.FORBIDDEN, f"{what}, by a token with the scope {scope}."
            )
        return user

    def check_pauses(self, pauses: Mapping[Subject, float]) -> None:
        """Refuse a request that comes too soon after another one.

        Args:
            pauses: By what is asked for, and by whom, the seconds between two.

        Raises:
            HTTPError: It does.
        """
        now = time.monotonic()
        left = max(
            _taken.get(each, now - pauses[each]) + pauses[each] for each in pauses
        )
        left -= now
        if left > 0:
            error = web.HTTPError(
                HTTPStatus.TOO_MANY_REQUESTS,
                "Another snapshot was taken shortly before. Try again in "
                f"{_duration(left)}.",
            )
            headers = {"Retry-After": str(ceil(left))}
            error.headers = headers  # type: ignore[attr-defined] # JupyterHub's own
            raise error
        _taken.update(dict.fromkeys(pauses, now))

    def finish_taken(self, name: str) -> None:
        """Answer with the name of a snapshot that was taken."""
        self.set_status(HTTPStatus.CREATED)
        self.finish({"name": name})


def _duration(seconds: float) -> str:
    if seconds > _LONG_SECONDS:
        return f"{ceil(seconds / 60)} minutes"
    return f"{ceil(seconds)} seconds"
