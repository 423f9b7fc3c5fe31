"""What people have agreed to have cloned, until their servers ask.

A link alone clones nothing: the hub's page says what it would do, and its button, sent
with the token that pages of other sites do not have, is kept here. The server asks
once. After a restart of the hub nothing is known, and JupyterLab asks the person.
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from jupyterhub.scopes import needs_scope
from pydantic import BaseModel, ConfigDict
from tornado import web

from mofang_hub.pages.activity import RunningServerHandler
from mofang_hub.pages.linked_content import LinkedContent
from mofang_kube.errors import InvalidError

LINKS = "mofang_confirmed_links"
"""Key of the hub's settings."""

_KEPT_SECONDS = 60 * 60.0
"""A start may wait for a node for long."""


class ConfirmedLinks:
    """The last agreement for each server.

    Args:
        hosts: Those that repositories may be on.
        clock: Seconds of a clock that nobody sets.
    """

    def __init__(
        self, hosts: tuple[str, ...], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.hosts = frozenset(each.lower() for each in hosts)
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[LinkedContent, float]] = {}

    def confirm(self, user: str, server: str, content: LinkedContent) -> None:
        """Keep that a person has agreed.

        Args:
            user: Name of the person.
            server: Name of theirs.
            content: What the link opens.
        """
        now = self._clock()
        self._kept = {key: each for key, each in self._kept.items() if each[1] > now}
        self._kept[user, server] = (content, now + _KEPT_SECONDS)

    def take(self, user: str, server: str, content: LinkedContent) -> bool:
        """Return whether the person has agreed to just this; the second time, no.

        Args:
            user: Name of the person.
            server: Name of theirs.
            content: What the link opens.
        """
        kept = self._kept.get((user, server))
        if kept is None or kept[0] != content or kept[1] <= self._clock():
            return False
        del self._kept[user, server]
        return True


class LinkBody(BaseModel):
    """What a server asks about."""

    model_config = ConfigDict(extra="forbid", strict=True)

    repository: str
    branch: str = ""
    path: str = ""


class LinkHandler(RunningServerHandler):
    """Tells a server whether a link may be followed, and whether that was agreed to."""

    @needs_scope("users:activity")
    async def post(self, user_name: str, server: str) -> None:
        user, _ = self.find_running(user_name, server)
        body = self.read(LinkBody)
        links: ConfirmedLinks = self.settings[LINKS]
        try:
            content = LinkedContent.check(
                body.repository, body.branch, body.path, links.hosts
            )
        except InvalidError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        if not content.repository:
            raise web.HTTPError(HTTPStatus.BAD_REQUEST, "Name a repository.")
        is_confirmed = links.take(user.name, server, content)
        self.finish(
            {
                "confirmed": is_confirmed,
                "host": content.host,
                "directory": content.directory,
            }
        )


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/users/([^/]+)/servers/([^/]+)/link", LinkHandler),
)
