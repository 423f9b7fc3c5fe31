"""Reports of servers by REST: those in which nothing happens are stopped."""

import asyncio
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.scopes import needs_scope
from pydantic import BaseModel, ValidationError
from tornado import web

from mofang_api.models.activity import (
    ActivityReport,
    CullingAction,
    CullingStatus,
    ExtensionRequest,
)
from mofang_hub.culling.culler import Culler, RunningServer
from mofang_hub.culling.decision import NOTICED_REPORT
from mofang_hub.culling.policy import ServerIdentity
from mofang_hub.culling.records import (
    CULLED_STATE,
    DOZE_STATE,
    EXTENSION_STATE,
    NOTIFIED_STATE,
    CullingExtension,
    Doze,
)
from mofang_hub.notices.delivery import NoticeDelivery
from mofang_hub.notices.idle import IdleNotice
from mofang_hub.pages.server_use import OBSERVER, describe_run
from mofang_hub.sizing.observer import ResourceObserver
from mofang_kube.errors import ConflictError, MofangError, is_permanent
from mofang_spawner.dozing import restore_cpu, shrink_cpu

CULLER = "mofang_culler"
NOTICES = "mofang_notices"
"""Keys of the hub's settings."""

_RESIZE_SECONDS = 5.0
"""For which the server's report waits for Kubernetes."""

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

    def keep(self, spawner: Any, name: str, record: dict[str, Any] | None) -> None:
        """Store a record with a server's state.

        Args:
            spawner: Of the server.
            name: Of the record.
            record: None removes it.
        """
        kept = {key: each for key, each in spawner.culling.items() if key != name}
        spawner.culling = kept if record is None else {**kept, name: record}
        spawner.orm_spawner.state = spawner.get_state()
        self.db.commit()

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
        if report.use is not None and (run := describe_run(user, spawner)):
            observer: ResourceObserver = self.settings[OBSERVER]
            observer.observe(run, report.use)
        if spawner.is_unused:
            status = self.culler.spare(running)
        else:
            status = await self._decide_culling(running, spawner, report)
        # The server gets its answer as long as it runs.
        self.finish(status.model_dump_json())
        if status.action is CullingAction.STOP:
            record = self.culler.record(running, report)
            spawner.culling = {CULLED_STATE: record.stored()}
            await self.stop_single_user(user, server)

    async def _decide_culling(
        self, running: RunningServer, spawner: Any, report: ActivityReport
    ) -> CullingStatus:
        """Return what becomes of a server that somebody uses, after a notice."""
        status = self.culler.report(running, report)
        if await self._adjust_doze(running, spawner, report):
            # Servers of earlier versions do not report by themselves when they awake.
            report_in = min(status.report_in_seconds, NOTICED_REPORT.total_seconds())
            update = {"is_dozing": True, "report_in_seconds": report_in}
            status = status.model_copy(update=update)
        self._notify(running, spawner, report, status)
        return status

    def _notify(
        self,
        running: RunningServer,
        spawner: Any,
        report: ActivityReport,
        status: CullingStatus,
    ) -> None:
        """Send a notice once, when the server is first found to be stopped."""
        delivery: NoticeDelivery = self.settings[NOTICES]
        is_notified = NOTIFIED_STATE in spawner.culling
        if status.action is CullingAction.KEEP:
            if is_notified:
                self.keep(spawner, NOTIFIED_STATE, None)
            return
        seconds = status.stop_in_seconds
        if is_notified or seconds is None or not delivery.is_wanted:
            return
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        # First: whoever starts this hub anew tells nobody twice.
        self.keep(spawner, NOTIFIED_STATE, {"at": at.isoformat()})
        idle = timedelta(seconds=report.idle_seconds)
        delivery.put(IdleNotice(server=running.identity, idle=idle, at=at))

    async def _adjust_doze(
        self, running: RunningServer, spawner: Any, report: ActivityReport
    ) -> bool:
        """Have the server give back its CPU request or take it again; say whether."""
        wanted, doze = self.culler.should_doze(running, report), running.doze
        if wanted == (doze is not None):
            return wanted
        pod = spawner.context(), spawner.namespace, spawner.pod_name
        try:
            async with asyncio.timeout(_RESIZE_SECONDS):
                if doze is None:
                    cpu = await shrink_cpu(*pod)
                    doze = Doze(cpu=cpu, since=datetime.now(UTC))
                    self.keep(spawner, DOZE_STATE, doze.stored())
                    return True
                await restore_cpu(*pod, doze.cpu)
                self.keep(spawner, DOZE_STATE, None)
                return False
        except (MofangError, TimeoutError) as err:
            self.log.warning(
                "%s of %s %s: %s",
                spawner.name,
                running.identity.user,
                "does not get its CPU back yet" if doze else "does not doze",
                err or "Kubernetes does not answer",
            )
            if doze is None and isinstance(err, MofangError) and _is_final(err):
                self.culler.refuse_doze(running)
            return doze is not None


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
        self.keep(spawner, EXTENSION_STATE, extension.stored())
        self.finish(status.model_dump_json())


def _is_final(err: MofangError) -> bool:
    return isinstance(err, ConflictError) or is_permanent(err)


def describe_server(user: Any, spawner: Any) -> RunningServer:
    """Return what culling must know of a server.

    Args:
        user: JupyterHub's ``User``.
        spawner: Of the server.
    """
    options = spawner.user_options or {}
    environment = str(options.get("environment", ""))
    found = spawner.context().catalog.find_environment(environment)
    gpus, cpu = options.get("gpu"), options.get("cpu")
    if gpus is None:
        gpus = found.resources.gpu.default if found else 0
    if cpu is None:
        cpu = found.resources.cpu.default if found else ""
    return RunningServer(
        identity=ServerIdentity(
            user=user.name,
            server=spawner.name,
            project=str(options.get("project", "")),
            environment=environment,
        ),
        gpus=gpus,
        cpu=str(cpu),
        doze=Doze.read(spawner.culling.get(DOZE_STATE)),
        extension=CullingExtension.read(spawner.culling.get(EXTENSION_STATE)),
    )


HANDLERS: tuple[tuple[str, Any], ...] = (
    (r"/api/mofang/users/([^/]+)/servers/([^/]+)/activity", ServerActivityHandler),
    (r"/api/mofang/users/([^/]+)/servers/([^/]+)/extension", ServerExtensionHandler),
)
