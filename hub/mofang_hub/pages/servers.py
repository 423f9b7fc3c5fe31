"""Servers by REST: JupyterHub's own, with sentences that say what to do."""

from http import HTTPStatus

from jupyterhub.apihandlers.users import UserServerAPIHandler
from jupyterhub.scopes import needs_scope
from tornado import web
from typing_extensions import override

from mofang_hub.pages.queued_starts import (
    QueueAwareLimits,
    is_queued,
    leave_queue,
)
from mofang_hub.pages.refusals import forget_refused, reword
from mofang_hub.pages.start_ahead import claim
from mofang_hub.pages.user_servers import find_server
from mofang_kube.errors import ConflictError


class ServerHandler(QueueAwareLimits, UserServerAPIHandler):  # type: ignore[misc] # no types there
    """Starts and stops a server of a user."""

    @needs_scope("start:servers")
    @override
    async def post(self, user_name: str, server_name: str = "") -> None:
        user = self.find_user(user_name)
        is_new = user is not None and server_name not in user.orm_spawners
        try:
            if user is not None:
                options = self.get_server_json_body().get("user_options")
                if await claim(self, user, server_name, options):
                    is_ready = user.spawners[server_name].ready
                    self.set_header("Content-Type", "text/plain")
                    self.set_status(
                        HTTPStatus.CREATED if is_ready else HTTPStatus.ACCEPTED
                    )
                    return
            await super().post(user_name, server_name)
        except Exception as error:
            if user is not None:
                reword(error, find_server(user, self.hub.base_url, server_name))
            raise
        finally:
            if is_new:
                forget_refused(user, server_name, self.db)

    @needs_scope("delete:servers")
    @override
    async def delete(self, user_name: str, server_name: str = "") -> None:
        user = self.find_user(user_name)
        if user is not None and server_name and server_name not in user.orm_spawners:
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND,
                f"There is no server {server_name}: it was never started, or was "
                "removed.",
            )
        wants_removal = bool((self.get_json_body() or {}).get("remove"))
        if user is None or wants_removal or not is_queued(user, server_name):
            await super().delete(user_name, server_name)
            return
        try:
            await leave_queue(self, user, server_name)
        except ConflictError as error:
            raise web.HTTPError(error.status, "%s", error.message) from error
        self.set_status(HTTPStatus.NO_CONTENT)


HANDLERS = (
    (r"/api/users/([^/]+)/server", ServerHandler),
    (r"/api/users/([^/]+)/servers/([^/]*)", ServerHandler),
)
