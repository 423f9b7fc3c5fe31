"""KubeSpawner, with the platform's rules for what may start and how.

Traits and hooks only: what may be chosen is decided in ``plan``, what the
pod looks like in ``pods``, how it starts in ``server_start``. Which of KubeSpawner's
traits have an effect is listed in ``kubespawner_traits``.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, cast

from jupyterhub.utils import maybe_future
from kubespawner import KubeSpawner
from sqlalchemy import inspect
from traitlets import Any as AnyTrait
from traitlets import default

from mofang_kube.deadline import Deadline
from mofang_kube.errors import ForbiddenError, MofangError, is_permanent
from mofang_kube.names import project_namespace
from mofang_spawner.context import PodView, SpawnContext
from mofang_spawner.failures import StartError, describe_failure, refusal
from mofang_spawner.lost_nodes import remove_from_lost_node
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan, resolve
from mofang_spawner.pod_model import build_pod_model
from mofang_spawner.pod_phase import Stage
from mofang_spawner.pods import START_SCRIPT, apply_plan
from mofang_spawner.progress import StartLog
from mofang_spawner.server_objects import ConfiguredMetadata, label_pod
from mofang_spawner.server_start import ServerStart
from mofang_spawner.variables import cpu_cores, memory_bytes

_SLACK_SECONDS = 5
"""Left of the start timeout for cleaning up and saying why."""


class MofangSpawner(KubeSpawner):  # type: ignore[misc] # KubeSpawner has no types
    """Starts a user's servers in the namespaces of their projects."""

    server_start_class = ServerStart
    """Makes what belongs to a server, and waits for its first answer."""

    context: Callable[[], SpawnContext] = AnyTrait(
        help="""
        A callable that returns the ``SpawnContext`` all servers share.

        Set by the hub's configuration; a function, since traitlets copies
        whatever else a configuration holds for every server.
        """,
    ).tag(config=True)

    gallery: Callable[[Self], Awaitable[str]] | None = AnyTrait(
        None,
        allow_none=True,
        help="""
        An async callable that returns the HTML of the gallery for a spawner.

        Set by the hub's configuration: the only form that starts servers.
        """,
    ).tag(config=True)

    _callbacks: list[Callable[[], Any]]
    """JupyterHub's: what it does once the server has ended."""

    _plan: SpawnPlan | None = None
    _start_log: StartLog | None = None
    _last_failure = ""
    """Why the last start that was not in safe mode failed; empty if it did not."""

    @default("cmd")
    def _cmd_default(self) -> list[str]:
        return [START_SCRIPT, "jupyterhub-singleuser"]

    @default("options_form")
    def _options_form_default(self) -> Any:
        return self.gallery or super()._options_form_default()

    # The gateway routes to Services only.
    @default("services_enabled")
    def _services_enabled_default(self) -> bool:
        return True

    # Events are read per pod while somebody waits, never for a whole namespace.
    @default("events_enabled")
    def _events_enabled_default(self) -> bool:
        return False

    # -- the one watch of all servers' pods, in place of KubeSpawner's reflectors

    @property
    def pod_reflector(self) -> PodView:
        """All servers' pods, as KubeSpawner looks at them."""
        return PodView(self.context().pods)

    async def _start_watching_pods(self, replace: bool = False) -> PodView:
        # KubeSpawner asks before every look at a pod. A poll that answered
        # before the first list would declare living servers dead.
        del replace
        await self.context().pods_known()
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
            hdfs=context.hdfs,
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
        """KubeSpawner's pod, completed by what the plan decides: a ``V1Pod``."""
        plan, context = self._require_plan(), self.context()
        pod = await super().get_pod_manifest()
        completed = apply_plan(
            context.api.sanitize_for_serialization(pod),
            plan,
            secret_name=self.pod_name,
            api_url=context.training_url,
            hub=context.hub,
            nodes=context.nodes,
            ephemeral_storage=context.ephemeral_storage,
        )
        return build_pod_model(completed)

    def _require_plan(self) -> SpawnPlan:
        if self._plan is None:
            raise StartError(
                "Choose a project and an environment in the gallery.",
                reason="no-choice",
            )
        return self._plan

    def start(self) -> Any:
        """Start the server, as KubeSpawner does, with a log of its own."""
        # Created here: ``progress`` may be asked before the start runs.
        self._start_log = StartLog()
        return super().start()

    async def _start(self) -> str:
        log = self._start_log = self._start_log or StartLog()
        try:
            plan, context = self._require_plan(), self.context()
            await context.ready()
            self._adopt(plan)
            return await self._run_start(self._new_start(plan, context, log), plan)
        finally:
            log.end()

    def _adopt(self, plan: SpawnPlan) -> None:
        """Set the traits that a plan decides, for hooks and for JupyterHub."""
        self.namespace = project_namespace(plan.project.name)
        self.image = plan.environment.image
        self.mem_limit = self.mem_guarantee = memory_bytes(plan.sizes.memory)
        self.cpu_limit = cpu_cores(plan.sizes.cpu_limit)
        self.cpu_guarantee = cpu_cores(plan.sizes.cpu)

    def _save_state(self) -> None:
        """Let a hub find what this start makes, should this one die.

        JupyterHub saves the state of a server that has started.
        """
        self.orm_spawner.state = self.get_state()
        row = inspect(self.orm_spawner, raiseerr=False)
        # Without a database only in tests, as in KubeSpawner's.
        if row is not None and row.session is not None:
            row.session.commit()

    def _new_start(
        self, plan: SpawnPlan, context: SpawnContext, log: StartLog
    ) -> ServerStart:
        extra = self._expand_all(self.extra_labels)
        annotations = self._expand_all(self.extra_annotations)
        return self.server_start_class(
            context,
            plan,
            namespace=self.namespace,
            name=self.pod_name,
            log=log,
            configured=ConfiguredMetadata(
                labels=self._build_common_labels(extra),
                pod_labels=self._build_pod_labels(extra),
                annotations=self._build_common_annotations(annotations),
            ),
        )

    async def _run_start(self, server_start: ServerStart, plan: SpawnPlan) -> str:
        deadline = Deadline(max(self.start_timeout - _SLACK_SECONDS, 1))
        self.dns_name = self.dns_name_template.format(
            namespace=self.namespace, name=server_start.service
        )
        self._save_state()
        try:
            await self._create(server_start, plan)
            # Without a server only in tests, as in JupyterHub's get_env.
            base_url = self.server.base_url if self.server else "/"
            pod = await server_start.wait(f"{base_url}api", self.port, deadline)
            url = str(self._get_pod_url(pod))
        except BaseException as err:
            await self._clean_up(server_start)
            failure = describe_failure(
                err,
                seconds=self.start_timeout,
                has_run=server_start.has_run,
                safe_mode=plan.safe_mode,
            )
            if failure is None:
                raise
            if failure.cause and not plan.safe_mode:
                self._last_failure = failure.cause
            raise failure from err
        if not plan.safe_mode:
            self._last_failure = ""
        return url

    async def _create(self, server_start: ServerStart, plan: SpawnPlan) -> None:
        """Create the server's objects; hooks are called as KubeSpawner calls them."""
        context = self.context()
        pod = await self.get_pod_manifest()
        if self.modify_pod_hook:
            self.log.info("Pod is being modified via modify_pod_hook")
            pod = await maybe_future(self.modify_pod_hook(self, pod))
        manifest = context.api.sanitize_for_serialization(pod)
        # Whatever the hook made of them, the platform finds the pod by its labels.
        label_pod(manifest, plan, context.hub)
        await context.homes.ensure(plan.username)
        created = await server_start.create(
            manifest, token=self.api_token or "", port=self.port
        )
        if self.after_pod_created_hook:
            self.log.info("Executing after_pod_created_hook")
            await maybe_future(self.after_pod_created_hook(self, created))

    async def _clean_up(self, server_start: ServerStart) -> None:
        """Remove a failed start's objects; its cause is told even if that fails."""
        try:
            async with asyncio.timeout(_SLACK_SECONDS):
                await server_start.remove()
        except (MofangError, TimeoutError) as err:
            self.log.warning(
                "Left behind by the failed start of %s: %s", self._log_name, err
            )

    # -- a node that does not answer

    @property
    def lost_node(self) -> str:
        """Name of the server's node if that does not answer; else empty."""
        node = self._node
        return node if node and self.context().is_node_lost(node) else ""

    @property
    def _pod(self) -> dict[str, Any] | None:
        return self.context().find_pod(self.namespace, self.pod_name)

    @property
    def _node(self) -> str:
        pod = self._pod
        return str(pod["spec"].get("nodeName") or "") if pod else ""

    async def stop(self, now: bool = False) -> None:
        """Stop the server; on a lost node, without waiting for the node."""
        await self.context().pods_known()
        removal = asyncio.create_task(
            remove_from_lost_node(
                self.context(), self.namespace, self.pod_name, self._node
            )
        )
        try:
            await super().stop(now=now)
        finally:
            removal.cancel()
            await asyncio.gather(removal, return_exceptions=True)

    # -- its end

    async def poll(self) -> int | None:
        """Say whether the server runs, as KubeSpawner does: None if so.

        Two kinds of pods are no servers. One that is being removed, by a hub that died
        meanwhile, a node that is drained or an administrator, ends by itself, and is
        removed by force where its node does not answer. One that waits for its
        containers in a hub that did not start it is what a hub that died has begun; it
        is removed, and its user starts it again.
        """
        await self._start_watching_pods()
        pod = self.pod_reflector.pods.get(f"{self.namespace}/{self.pod_name}")
        if pod and "deletionTimestamp" in pod["metadata"]:
            if self.lost_node:
                # No kubelet confirms its end, and it would keep the next one's name.
                await self.stop(now=True)
            return 1
        if pod and pod["status"]["phase"] == "Pending" and self._start_log is None:
            self.log.warning(
                "Removing %s: the hub ended while it was starting", self._log_name
            )
            await self.stop(now=True)
            return 1
        return cast("int | None", await super().poll())

    async def poll_and_notify(self) -> int | None:
        """Notice that the server ended; once more where what follows fails.

        JupyterHub drops its callbacks before it calls them. A route that could not be
        removed would stay, and the server count as running.
        """
        callbacks = list(self._callbacks)
        status = cast("int | None", await super().poll_and_notify())
        if status is not None and callbacks and self.ready:
            self._callbacks = callbacks
            self.start_polling()
        return status

    async def _make_delete_pod_request(
        self, pod_name: str, _options: Any, grace_seconds: int, seconds: float
    ) -> bool:
        """Delete the pod; False if KubeSpawner is to try again.

        KubeSpawner itself tries again after what was not answered in time, and after
        nothing else: JupyterHub would forget a server whose pod runs on.
        """
        metadata = {"name": pod_name, "namespace": self.namespace}
        try:
            async with asyncio.timeout(seconds):
                await self.context().objects.delete(
                    {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
                    grace_seconds=grace_seconds,
                    verb="stop",
                    noun="server",
                )
        except TimeoutError:
            return False
        except MofangError as err:
            if is_permanent(err):
                raise
            self.log.warning("%s Trying again.", err)
            return False
        return True

    async def delete_forever(self) -> None:
        """Do nothing more: a server has no storage of its own.

        KubeSpawner would ask for the deletion of a claim, which the hub may not do.
        """

    # -- what is said of it

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """The start's sentences, from the first, as they come."""
        if self._start_log is None:
            yield {
                "progress": int(Stage.REQUESTED),
                "message": "Checking the selection.",
            }
            return
        async for step in self._start_log.follow():
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
