"""Reports of servers by REST: those in which nothing happens are stopped."""

from http import HTTPStatus
from typing import Any, TypeVar

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from pydantic import BaseModel, ValidationError
from tornado import web

from mofang_api.models.activity import ActivityReport, CullingAction, ExtensionRequest
from mofang_hub.culling.culler import Culler, RunningServer
from mofang_hub.culling.policy import ServerIdentity
from mofang_hub.culling.records import CULLED_STATE, EXTENSION_STATE, CullingExtension
from mofang_kube.errors import MofangError

CULLER = "mofang_culler"
"""Key of the hub's settings."""

T = TypeVar("T", bound=BaseModel)


class RunningServerHandler(APIHandler):  # type: ignore[misc] # JupyterHub has no types
    """What concerns one running server of a user."""

    @property
    def culler(self) -> Culler:
        found: Culler = self.settings[CULLER]
        return found

    def find_running(self, user_name: str, server: str) -> tuple[Any, Any]:
        """Return a user and the spawner of their server.

        Raises:
            HTTPError: There is none that runs.
        """
        user = self.find_user(user_name)
        spawner = user.spawners.get(server) if user is not None else None
        if spawner is None or not spawner.ready:
            raise web.HTTPError(
                HTTPStatus.NOT_FOUND,
                f"There is no running server {server} of {user_name}.",
            )
        return user, spawner

    def read(self, model: type[T]) -> T:
        """Return the body.

        Raises:
            HTTPError: Says what is wrong with it.
        """
        try:
            return model.model_validate(self.get_json_body())
        except ValidationError as err:
            faults = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}"
                for each in err.errors(include_url=False, include_input=False)
            )
            raise web.HTTPError(
                HTTPStatus.BAD_REQUEST, "%s", f"The body cannot be used. {faults}."
            ) from err


class ServerActivityHandler(RunningServerHandler):
    """Takes a report, and stops the server if that is due."""

    @needs_scope("users:activity")
    async def post(self, user_name: str, server: str) -> None:
        user, spawner = self.find_running(user_name, server)
        report = self.read(ActivityReport)
        running = describe_server(user, spawner)
        status = self.culler.report(running, report)
        # The server gets its answer as long as it runs.
        self.finish(status.model_dump_json())
        if status.action is CullingAction.STOP:
            record = self.culler.record(running, report)
            spawner.culling = {CULLED_STATE: record.stored()}
            await self.stop_single_user(user, server)


class ServerExtensionHandler(RunningServerHandler):
    """Keeps an idle server running for somebody."""

    @needs_scope("users:activity")
    async def post(self, user_name: str, server: str) -> None:
        user, spawner = self.find_running(user_name, server)
        request = self.read(ExtensionRequest)
        running = describe_server(user, spawner)
        try:
            extension, status = self.culler.extend(
                running, request, by=self.current_user.name
            )
        except MofangError as err:
            raise web.HTTPError(err.status, "%s", err.message) from err
        spawner.culling = {EXTENSION_STATE: extension.stored()}
        spawner.orm_spawner.state = spawner.get_state()
        self.db.commit()
        self.finish(status.model_dump_json())


def describe_server(user: Any, spawner: Any) -> RunningServer:
    """Return what culling must know of a server.

    Args:
        user: JupyterHub's ``User``.
        spawner: Of the server.
    """
    options = spawner.user_options or {}
    environment = str(options.get("environment", ""))
    gpus = options.get("gpu")
    if gpus is None:
        found = spawner.context().catalog.find_environment(environment)
        gpus = found.resources.gpu.default if found else 0
    return RunningServer(
        identity=ServerIdentity(
            user=user.name,
            server=spawner.name,
            project=str(options.get("project", "")),
            environment=environment,
        ),
        gpus=gpus,
        extension=CullingExtension.read(spawner.culling.get(EXTENSION_STATE)),
    )


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/users/([^/]+)/servers/([^/]+)/activity", ServerActivityHandler),
    (r"/api/mofang/users/([^/]+)/servers/([^/]+)/extension", ServerExtensionHandler),
)
