"""KubeSpawner, with the platform's rules for what may start and how.

Traits and hooks only: what may be chosen is decided in ``plan``, what the
pod looks like in ``pods``, how it starts in ``server_start``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, cast

from kubespawner import KubeSpawner
from traitlets import Any as AnyTrait
from traitlets import default

from mofang_kube.deadline import Deadline
from mofang_kube.errors import ForbiddenError, MofangError
from mofang_kube.names import project_namespace
from mofang_spawner.context import PodView, SpawnContext
from mofang_spawner.failures import StartError, refusal, start_failed, timed_out
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan, resolve
from mofang_spawner.pod_phase import Stage
from mofang_spawner.pods import START_SCRIPT, apply_plan
from mofang_spawner.server_start import ServerStart, SpawnFailedError
from mofang_spawner.volumes.homes import ensure_home

_SLACK_SECONDS = 5
"""Left of the start timeout for cleaning up and saying why."""


class MofangSpawner(KubeSpawner):  # type: ignore[misc] # KubeSpawner has no types
    """Starts a user's servers in the namespaces of their projects."""

    context: Callable[[], SpawnContext] = AnyTrait(
        help="""
        A callable that returns the ``SpawnContext`` all servers share.

        Set by the hub's configuration; a function, since traitlets copies
        whatever else a configuration holds for every server.
        """,
    ).tag(config=True)

    _plan: SpawnPlan | None = None
    _server_start: ServerStart | None = None
    _last_failure = ""
    """Why the last start that was not in safe mode failed; empty if it did not."""

    @default("cmd")
    def _cmd_default(self) -> list[str]:
        return [START_SCRIPT, "jupyterhub-singleuser"]

    # -- the one watch of all servers' pods, in place of KubeSpawner's reflectors

    @property
    def pod_reflector(self) -> PodView:
        """All servers' pods, as KubeSpawner looks at them."""
        return PodView(self.context().pods)

    async def _start_watching_pods(self, replace: bool = False) -> PodView:
        # KubeSpawner asks before every look at a pod. A poll that answered
        # before the first list would declare living servers dead.
        del replace
        await self.context().ready()
        return self.pod_reflector

    # -- what may start

    @default("options_from_form")
    def _options_from_form_default(self) -> Callable[..., Awaitable[dict[str, Any]]]:
        return self._read_form

    async def _read_form(self, form: dict[str, list[str]]) -> dict[str, Any]:
        fields = {name: values for name, values in form.items() if name != "_xsrf"}
        try:
            options = ServerOptions.parse_form(fields)
            await self._resolve(options)
        except MofangError as err:
            raise refusal(err) from err
        return options.as_given()

    def options_from_query(self, query: dict[str, list[str]]) -> dict[str, Any]:
        """Refuse: JupyterHub would start a server for whoever follows a link.

        Pages of other sites can lead there. The hub's own handler shows links in the
        gallery and does not ask; this holds for whatever else might.
        """
        del query
        raise StartError(
            "A link does not start a server. Choose it in the gallery.", reason="link"
        )

    @default("apply_user_options")
    def _apply_user_options_default(
        self,
    ) -> Callable[[Self, dict[str, Any]], Awaitable[None]]:
        return type(self)._apply  # noqa: SLF001 - our own

    async def _apply(self, options: dict[str, Any]) -> None:
        # Of this start alone; without options the next one repeats what is kept.
        self.orm_spawner.user_options = {
            name: value for name, value in options.items() if name != "safe_mode"
        }
        try:
            self._plan = await self._resolve(ServerOptions.parse(options))
        except MofangError as err:
            raise refusal(err) from err

    async def _resolve(self, options: ServerOptions) -> SpawnPlan:
        context = self.context()
        await context.ready()
        self._validate_limit(context.limit_per_user)
        groups = {group.name for group in self.user.groups}
        return resolve(
            options,
            context.catalog,
            username=self.user.name,
            groups=groups,
            server=self.name,
            last_failure=self._last_failure,
        )

    def _validate_limit(self, limit: int) -> None:
        others = [
            name
            for name, spawner in self.user.spawners.items()
            if spawner.active and spawner is not self
        ]
        if limit and len(others) >= limit:
            raise ForbiddenError(
                f"You have {len(others)} running servers, and {limit} are allowed: "
                f"stop one of {', '.join(sorted(others))} first."
            )

    # -- the start

    async def get_pod_manifest(self) -> Any:
        """KubeSpawner's pod with what the plan decides, as a dictionary."""
        plan = self._require_plan()
        context = self.context()
        pod = await super().get_pod_manifest()
        return apply_plan(
            context.api.sanitize_for_serialization(pod),
            plan,
            self.pod_name,
            context.training_url,
        )

    def _require_plan(self) -> SpawnPlan:
        if self._plan is None:
            raise StartError(
                "Choose a project and an environment in the gallery.",
                reason="no-choice",
            )
        return self._plan

    async def _start(self) -> str:
        plan, context = self._require_plan(), self.context()
        await context.ready()
        self.namespace = project_namespace(plan.project.name)
        self.image = plan.environment.image
        server_start = ServerStart(
            context, plan, namespace=self.namespace, name=self.pod_name
        )
        self._server_start = server_start
        self.dns_name = self.dns_name_template.format(
            namespace=self.namespace, name=server_start.service
        )
        deadline = Deadline(max(self.start_timeout - _SLACK_SECONDS, 1))
        try:
            pod = await self.get_pod_manifest()
            await ensure_home(context.homes, plan.username)
            await server_start.create(pod, token=self.api_token, port=self.port)
            await server_start.wait(f"{self.server.base_url}api", self.port, deadline)
        except BaseException as err:
            server_start.log.end()
            await self._clean_up(server_start)
            failure = self._failure(err, server_start, safe_mode=plan.safe_mode)
            if failure is None:
                raise
            if failure.cause and not plan.safe_mode:
                self._last_failure = failure.cause
            raise failure from err
        if not plan.safe_mode:
            self._last_failure = ""
        return f"http://{self.dns_name}:{self.port}"

    def _failure(
        self, err: BaseException, server_start: ServerStart, *, safe_mode: bool
    ) -> StartError | None:
        """What is told of a failed start; None for a fault of the platform's own."""
        match err:
            case SpawnFailedError():
                return start_failed(err, safe_mode=safe_mode)
            case MofangError():
                return refusal(err)
            case TimeoutError():
                return timed_out(
                    self.start_timeout,
                    has_run=server_start.has_run,
                    safe_mode=safe_mode,
                )
            case _:
                return None

    async def _clean_up(self, server_start: ServerStart) -> None:
        """Remove a failed start's objects; its cause is told even if that fails."""
        try:
            async with asyncio.timeout(_SLACK_SECONDS):
                await server_start.remove()
        except (MofangError, TimeoutError) as err:
            self.log.warning(
                "Left behind by the failed start of %s: %s", self._log_name, err
            )

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The start's sentences, from the first, as they come."""
        server_start = self._server_start
        if server_start is None:
            yield {
                "progress": int(Stage.REQUESTED),
                "message": "Checking the selection.",
            }
            return
        async for step in server_start.log.follow():
            yield step.event()

    def get_state(self) -> dict[str, Any]:
        """What a new hub needs to know of a running server."""
        state = cast("dict[str, Any]", super().get_state())
        if self._plan is not None:
            state["project"] = self._plan.project.name
            state["environment"] = self._plan.environment.name
        if self._last_failure:
            state["last_failure"] = self._last_failure
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Read what another process, or the object of the start before, left."""
        super().load_state(state)
        self._last_failure = state.get("last_failure", "")
