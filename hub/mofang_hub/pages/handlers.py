"""The pages around a start, in place of JupyterHub's.

JupyterHub starts a server for whoever follows a link with options. Here a link only
chooses in the gallery, and a server starts when its form is sent, with the token that
pages of other sites do not have. What JupyterHub answers with an error because a page
is older than the server's state leads to the gallery, with a sentence.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.pages import SpawnHandler, SpawnPendingHandler
from jupyterhub.scopes import needs_scope
from tornado import web
from typing_extensions import override

from mofang_hub.pages.configure import render_gallery
from mofang_hub.pages.confirmed_links import LINKS, ConfirmedLinks
from mofang_hub.pages.gallery import gallery
from mofang_hub.pages.link import Link
from mofang_hub.pages.linked_content import LinkedContent
from mofang_hub.pages.queued_starts import (
    QueueAwareLimits,
    is_queued,
    leave_queue,
    smaller_start,
)
from mofang_hub.pages.refusals import forget_refused, reword, validate_startable
from mofang_hub.pages.remedies import all_remedies
from mofang_hub.pages.start_ahead import claim
from mofang_hub.pages.user_servers import Server, ServerState, find_server
from mofang_kube.errors import MofangError
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import resolve

_NO_ENVIRONMENT = (
    "The link names no environment, so that nothing is cloned or opened. Ask for one "
    "with the arguments project and environment."
)
_NOT_RUNNING = {"notice": "not-running"}
"""Tells the gallery that somebody looked for a server that does not run."""


class StartHandler(QueueAwareLimits, SpawnHandler):  # type: ignore[misc] # JupyterHub has no types
    """The gallery, and the start of a server that was chosen in it."""

    @needs_scope("servers")
    @override
    async def _get(self, user_name: str, server_name: str, display_name: str) -> None:
        del display_name
        user = self._find(user_name)
        server = find_server(user, self.hub.base_url, server_name)
        if self._asks_for_content():
            # Whatever the server does: what would be opened is shown first.
            await self._show(user, server, self._link(user, server_name))
        elif server_name and server.state is ServerState.RUNNING:
            self.redirect(self.get_next_url(user, default=server.url))
        elif server_name and server.state is ServerState.STARTING:
            self.redirect(self._get_pending_url(user, server_name))
        else:
            link = self._link(user, server_name)
            await self._show(user, server, link, notice=self._notice(server))

    @needs_scope("servers")
    @override
    async def _post(self, user_name: str, server_name: str, display_name: str) -> None:
        user = self._find(user_name)
        server = find_server(user, self.hub.base_url, server_name)
        if self._asks_for_content() and not await self._confirm(user, server):
            return
        replaces = is_queued(user, server_name) and self._differs(server)
        if server.state is ServerState.STARTING and not replaces:
            self.redirect(self._get_pending_url(user, server_name))
            return
        is_new = server_name not in user.orm_spawners
        try:
            # Before its turn is given away: a wrong size costs nobody theirs.
            await self._validate(user, server)
            if replaces:
                await leave_queue(self, user, server_name)
            # It may have become another while the options were looked at.
            validate_startable(find_server(user, self.hub.base_url, server_name))
        except MofangError as error:
            self.set_status(error.status)
            await self._show(
                user,
                server,
                self._sent(),
                message=error.message,
                faults=error.fields,
            )
            return
        if await claim(self, user, server_name, self._options().as_given()):
            self._lead_on(user, server_name)
            return
        await super()._post(
            user_name=user_name, server_name=server_name, display_name=display_name
        )
        if is_new:
            forget_refused(user, server_name, self.db)

    @override
    async def spawn_single_user(
        self,
        user: Any,
        server_name: str = "",
        display_name: str = "",
        options: Any = None,
    ) -> None:
        try:
            await super().spawn_single_user(user, server_name, display_name, options)
        except Exception as error:
            reword(error, find_server(user, self.hub.base_url, server_name))
            raise

    @override
    async def _render_form(
        self,
        for_user: Any,
        spawner_options_form: str,
        message: str = "",
        html_message: str = "",
    ) -> str:
        # JupyterHub asks for the page of a start that failed at once.
        del spawner_options_form
        name = self.path_args[1] if len(self.path_args) > 1 else ""
        return await self._page(
            for_user,
            find_server(for_user, self.hub.base_url, name),
            self._sent(),
            message=message,
            html_message=html_message,
        )

    def _lead_on(self, user: Any, server_name: str) -> None:
        """Lead to a server that runs, or to the progress of its start."""
        if user.spawners[server_name].ready:
            self.redirect(self.get_next_url(user, default=user.server_url(server_name)))
        else:
            self.redirect(self._get_pending_url(user, server_name))

    def _find(self, user_name: str) -> Any:
        user = self.find_user(user_name)
        if user is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND, f"No such user: {user_name}")
        return user

    @property
    def _links(self) -> ConfirmedLinks:
        found: ConfirmedLinks = self.settings[LINKS]
        return found

    def _sent(self) -> Link:
        """What a form says, and the link that led to it."""
        return Link.parse(
            {**self.request.query_arguments, **self.request.body_arguments}
        )

    def _asks_for_content(self) -> bool:
        """Whether the link, or the form's, names something to open."""
        link = Link.parse(self.request.query_arguments)
        return bool(link.repository or link.branch or link.path)

    def _content(self, link: Link) -> LinkedContent:
        """Return what a link opens.

        Raises:
            InvalidError: It is nothing that a link may open.
        """
        return LinkedContent.check(
            link.repository, link.branch, link.path, self._links.hosts
        )

    async def _confirm(self, user: Any, server: Server) -> bool:
        """Keep what the person has agreed to; answer unless the server is to start."""
        try:
            content = self._content(Link.parse(self.request.query_arguments))
        except MofangError as error:
            # The page says why.
            self.set_status(error.status)
            await self._show(user, server, self._sent())
            return False
        if content.repository:
            self._links.confirm(user.name, server.name, content)
        if server.state is ServerState.RUNNING:
            self.redirect(f"{server.url}{content.lab_path()}")
            return False
        return True

    def _content_url(self, user: Any, server: Server, content: LinkedContent) -> str:
        """Where a server opens something; JupyterHub leads on to its host."""
        name = quote(server.name, safe="")
        path = f"user/{user.escaped_name}/{name}/{content.lab_path()}"
        return f"{self.hub.base_url}{path}"

    def _link(self, user: Any, server_name: str) -> Link:
        link = Link.parse(self.request.query_arguments)
        known = user.orm_spawners.get(server_name) if server_name else None
        if link.names_environment or known is None:
            return link
        return replace(
            Link.of_options(known.user_options),
            repository=link.repository,
            branch=link.branch,
            path=link.path,
        )

    def _notice(self, server: Server) -> str:
        if not server.name:
            return ""
        if server.state is ServerState.STOPPING:
            return (
                f"{server.name} is stopping. It can be started again in a few seconds."
            )
        if self.get_query_argument("notice", "") == _NOT_RUNNING["notice"]:
            return "This server is not running. Start it again, or choose another."
        return ""

    def _next(self) -> str:
        """Where JupyterHub is asked to lead after the start."""
        return str(self.get_argument("next", ""))

    async def _validate(self, user: Any, server: Server) -> None:
        """Refuse a start before anything is kept of it.

        Raises:
            MofangError: Says what was wrong and what to do.
        """
        if not is_queued(user, server.name):
            validate_startable(server)
        context = user.spawner.context()
        await context.ready()
        resolve(
            self._options(),
            context.catalog,
            username=user.name,
            groups={group.name for group in user.groups},
            server=server.name,
        )

    def _options(self) -> ServerOptions:
        """What the form asks for.

        Raises:
            InvalidError: It has what cannot be.
        """
        return ServerOptions.parse_form(
            {
                name: [value.decode(errors="replace") for value in values]
                for name, values in self.request.body_arguments.items()
                if name != "_xsrf"
            }
        )

    def _differs(self, server: Server) -> bool:
        """Whether the form asks for another server than the one that is queued."""
        try:
            return self._options().as_given() != server.options
        except MofangError:
            # The page says what is wrong.
            return True

    async def _show(
        self, user: Any, server: Server, link: Link, **messages: Any
    ) -> None:
        try:
            self.finish(await self._page(user, server, link, **messages))
        except MofangError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error

    async def _page(
        self,
        user: Any,
        server: Server,
        link: Link,
        *,
        faults: Mapping[str, str] | None = None,
        **messages: str,
    ) -> str:
        whole = await gallery(user.spawner, link.job)
        content = LinkedContent()
        try:
            content = self._content(link)
        except MofangError as error:
            messages = {"message": error.message, **_given(messages)}
        shown = whole.choose(
            server.name,
            link,
            faults or {},
            self._next(),
            is_reported=bool(messages.get("message") or messages.get("html_message")),
        )
        if shown.chosen and content:
            shown = shown.opening(
                content, self._content_url(user, shown.chosen.server, content)
            )
        elif content:
            messages = {"message": _NO_ENVIRONMENT, **_given(messages)}
        if shown.chosen is None and link.names_environment:
            missing = (
                f"The environment {link.environment} in the project {link.project} "
                "does not exist, or is not open to you. Choose another."
            )
            messages = {"message": missing, **_given(messages)}
        page: str = await self.render_template(
            "spawn.html",
            for_user=user,
            auth_state=await user.get_auth_state(),
            spawner_options_form=render_gallery(shown),
            error_message=messages.get("message", ""),
            html_error_message=messages.get("html_message", ""),
            notice=messages.get("notice", ""),
            spawner=user.spawner,
        )
        return page


class ProgressHandler(SpawnPendingHandler):  # type: ignore[misc] # likewise
    """The progress of a start; without one, the gallery."""

    _shown: Mapping[str, Any] = MappingProxyType({})

    @web.authenticated
    @needs_scope("servers")
    @override
    async def get(self, user_name: str, server_name: str = "") -> None:
        user = self.find_user(user_name)
        if user is not None and self._has_progress(user, server_name):
            if not user.spawners[server_name].ready:
                self._shown = await self._describe(user, server_name)
            await super().get(user_name, server_name)
            return
        path = f"{self.hub.base_url}spawn"
        if user is not None:
            path = find_server(user, self.hub.base_url, server_name).start_url
        query = {**_NOT_RUNNING}
        if after := self.get_query_argument("next", ""):
            query["next"] = after
        self.redirect(f"{path}?{urlencode(query)}")

    @override
    def render_template(self, name: str, sync: bool = False, **given: Any) -> Any:
        """Return the page, or what awaits it unless ``sync``: error pages are so."""
        return super().render_template(name, sync=sync, **{**self._shown, **given})

    async def _describe(self, user: Any, server_name: str) -> dict[str, Any]:
        """What our templates show beside what JupyterHub gives them."""
        server = find_server(user, self.hub.base_url, server_name)
        shown = {
            "gallery_url": f"{self.hub.base_url}spawn",
            "elapsed_seconds": _seconds_since(user.orm_spawners.get(server_name)),
        }
        try:
            card = (await gallery(user.spawner)).describe(server).card
        except MofangError as error:
            self.log.warning("The page of a start has no buttons: %s", error)
            return shown
        if card is None:
            return shown
        smaller = smaller_start(
            card.sizes, card.project, user.spawner.context().free_capacity()
        )
        return {
            **shown,
            "remedies": [*all_remedies(card.sizes), *([smaller] if smaller else [])],
            "usual": card.usual_text,
        }

    def _has_progress(self, user: Any, server_name: str) -> bool:
        if server_name not in user.spawners:
            return False
        spawner = user.spawners[server_name]
        if spawner.is_unused:
            return False
        # JupyterHub's page has the reason why a start failed.
        return bool((spawner.active and spawner.pending != "stop") or spawner._failed)  # noqa: SLF001


def _given(messages: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in messages.items() if text}


def _seconds_since(row: Any) -> int:
    """How long ago JupyterHub began to start a server; 0 where it did not."""
    if row is None or row.started is None:
        return 0
    # JupyterHub's database has UTC without saying so.
    started: datetime = row.started.replace(tzinfo=UTC)
    return max(round((datetime.now(UTC) - started).total_seconds()), 0)


class HomeHandler(BaseHandler):  # type: ignore[misc] # likewise
    """JupyterHub's home page: the gallery, which has all of a person's servers."""

    @web.authenticated
    def get(self) -> None:
        self.redirect(f"{self.hub.base_url}spawn")


HANDLERS = (
    (r"/home", HomeHandler),
    (r"/spawn", StartHandler),
    (r"/spawn/([^/]+)", StartHandler),
    (r"/spawn/([^/]+)/([^/]+)", StartHandler),
    (r"/spawn-pending/([^/]+)", ProgressHandler),
    (r"/spawn-pending/([^/]+)/([^/]+)", ProgressHandler),
)
