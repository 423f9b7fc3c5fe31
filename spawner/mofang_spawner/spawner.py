"""KubeSpawner, with the platform's rules for what may start and how.

Traits and hooks only: what may be chosen is decided in ``plan``, what the
pod looks like in ``pods``, how it starts in ``server_start``, how it is found to run or
to have ended in ``watched``. Which of KubeSpawner's traits have an effect is listed in
``kubespawner_traits``.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, cast

from jupyterhub.utils import maybe_future
from sqlalchemy import inspect
from traitlets import Any as AnyTrait
from traitlets import default
from typing_extensions import override

from mofang_kube.deadline import Deadline
from mofang_kube.errors import ForbiddenError, MofangError, QuotaError
from mofang_kube.names import STARTED_AHEAD_LABEL, UNUSED, project_namespace
from mofang_spawner.context import SpawnContext
from mofang_spawner.culling_state import CullingState
from mofang_spawner.environments.models import Environment
from mofang_spawner.environments.quota import requested_amounts
from mofang_spawner.failures import (
    StartError,
    describe_failure,
    refusal,
    waited_too_long,
)
from mofang_spawner.options import ServerOptions
from mofang_spawner.plan import SpawnPlan, resolve
from mofang_spawner.pod_model import build_pod_model
from mofang_spawner.pod_phase import NO_ROOM_AHEAD, Stage
from mofang_spawner.pods import START_SCRIPT, apply_plan
from mofang_spawner.progress import StartLog
from mofang_spawner.queued_start import QueueTraits, read_refusal, wait_for_turn
from mofang_spawner.resizable import ResizableSpawner
from mofang_spawner.server_failure import STATE as FAILURE_STATE
from mofang_spawner.server_failure import ServerFailure
from mofang_spawner.server_objects import ConfiguredMetadata, label_pod
from mofang_spawner.server_start import ServerStart, SpawnFailedError
from mofang_spawner.start_queue.interface import QueuedStart, StartRequest
from mofang_spawner.started_ahead import StartedAheadState
from mofang_spawner.variables import STATIC_URL_VARIABLE, cpu_cores, memory_bytes

_SLACK_SECONDS = 5
"""Left of the start timeout for cleaning up and saying why."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """Of a start that was admitted from the queue."""

    entry: QueuedStart
    queue_end: Deadline
    """Until when it may wait for others, all in all."""


class MofangSpawner(CullingState, StartedAheadState, QueueTraits, ResizableSpawner):
    """Starts a user's servers in the namespaces of their projects."""

    server_start_class = ServerStart
    """Makes what belongs to a server, and waits for its first answer."""

    gallery: Callable[[Self], Awaitable[str]] | None = AnyTrait(
        None,
        allow_none=True,
        help="""
        An async callable that returns the HTML of the gallery for a spawner.

        Set by the hub's configuration: the only form that starts servers.
        """,
    ).tag(config=True)

    _plan: SpawnPlan | None = None
    _correction = ""
    """Why the start gets less than was asked for; empty if it does not."""
    _last_failure = ""
    """Why the last start that was not in safe mode failed; empty if it did not."""

    @default("cmd")
    def _cmd_default(self) -> list[str]:
        return [START_SCRIPT, "jupyterhub-singleuser"]

    @default("options_form")
    def _options_form_default(self) -> Any:
        return self.gallery or super()._options_form_default()

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
        self._correction = ""
        self._keep_options(options)
        try:
            asked = ServerOptions.parse(options)
            self._plan = await self._resolve(asked)
            given = self._correct(asked, self._plan.environment)
            if given != asked:
                self._plan = await self._resolve(given)
                self._keep_options(given.as_given())
        except MofangError as err:
            raise refusal(err) from err

    def _keep_options(self, options: dict[str, Any]) -> None:
        # Of this start alone; without options the next one repeats what is kept.
        self.orm_spawner.user_options = {
            name: value for name, value in options.items() if name != "safe_mode"
        }

    def _correct(self, asked: ServerOptions, environment: Environment) -> ServerOptions:
        """Return the options that count, where an administrator corrects sizes."""
        correct = self.context().correct_sizes
        if correct is None:
            return asked
        given, self._correction = correct(asked, environment, self.user.name)
        return given

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
            storage=context.ephemeral_storage,
            hdfs=context.hdfs,
        )

    def _validate_limit(self, limit: int) -> None:
        others = [
            name
            for name, spawner in self.user.spawners.items()
            if spawner.active and spawner is not self and not spawner.is_unused
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

    def get_env(self) -> dict[str, Any]:
        """KubeSpawner's variables, and where browsers find JupyterLab's files."""
        found = cast("dict[str, Any]", super().get_env())
        if static_url := self.context().static_url:
            found[STATIC_URL_VARIABLE] = static_url
        return found

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
        if self._correction:
            self._start_log.emit(int(Stage.REQUESTED), self._correction)
        self.culling = {}
        if not self.is_unused:
            self.used_since = 0.0
        self._failure = None
        return super().start()

    async def _start(self) -> str:
        log = self._start_log = self._start_log or StartLog()
        try:
            plan, context = self._require_plan(), self.context()
            await context.ready()
            self._adopt(plan)
            # Nobody waits for one that was started ahead: it waits for nobody.
            if self.queue_seconds and not self.is_unused:
                return await self._queue_and_start(plan, context, log)
            return await self._run_start(self._new_start(plan, context, log), plan)
        finally:
            log.end()

    async def _queue_and_start(
        self, plan: SpawnPlan, context: SpawnContext, log: StartLog
    ) -> str:
        """Start the server when its turn has come; once more where the quota refuses.

        Raises:
            StartError: It failed, or may wait no longer.
        """
        project, queue_end = plan.project, Deadline(self.queue_seconds)
        request = StartRequest(project=project, amounts=requested_amounts(plan.sizes))
        try:
            with context.start_queue.enter(request) as entry:
                while True:
                    has_waited = await wait_for_turn(
                        entry,
                        project,
                        queue_end=queue_end,
                        log=log,
                        on_wait=self._save_interruption,
                    )
                    if has_waited:
                        # Its person may have left the project meanwhile.
                        options = ServerOptions.parse(self.user_options)
                        plan = self._plan = await self._resolve(options)
                    server_start = self._new_start(plan, context, log)
                    turn = _Turn(entry, queue_end)
                    try:
                        return await self._run_start(server_start, plan, turn)
                    except StartError as err:
                        entry.refuse(read_refusal(err, project))
        except TimeoutError as err:
            raise waited_too_long() from err
        except MofangError as err:
            raise refusal(err) from err

    def _save_interruption(self) -> None:
        """Let a hub say what became of a start that waits while this one ends."""
        self._failure = ServerFailure.of_interruption(was_queued=True)
        self._save_state()
        self._failure = None

    @property
    def queued_message(self) -> str:
        """What the start waits for that others hold; empty if it does not."""
        return self._start_log.queued_message if self._start_log else ""

    def _adopt(self, plan: SpawnPlan) -> None:
        """Set the traits that a plan decides, for hooks and for JupyterHub."""
        self.namespace = project_namespace(plan.project.name)
        self.image = plan.environment.image
        self.mem_limit = self.mem_guarantee = memory_bytes(plan.sizes.memory)
        self.cpu_limit = cpu_cores(plan.sizes.cpu_limit)
        self.cpu_guarantee = cpu_cores(plan.sizes.cpu)

    @override
    def _follow(self, plan: SpawnPlan) -> None:
        self._plan = plan
        self._adopt(plan)

    @override
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
            on_unschedulable=lambda: self._on_unschedulable(plan),
        )

    async def _on_unschedulable(self, plan: SpawnPlan) -> None:
        """Let servers that nobody uses give way; one of those itself does not wait.

        Raises:
            SpawnFailedError: It was started ahead, and nobody uses it.
        """
        if self.is_unused:
            raise SpawnFailedError(NO_ROOM_AHEAD)
        await self.context().make_room(plan, False)

    async def _run_start(
        self,
        server_start: ServerStart,
        plan: SpawnPlan,
        turn: _Turn | None = None,
    ) -> str:
        seconds = self.own_start_seconds
        deadline = Deadline(max(seconds - _SLACK_SECONDS, 1))
        self.dns_name = self.dns_name_template.format(
            namespace=self.namespace, name=server_start.service
        )
        self._save_state()
        try:
            created = await self._create(server_start, plan)
            if turn is not None:
                turn.entry.record_pod(created["metadata"]["uid"])
            # Without a server only in tests, as in JupyterHub's get_env.
            base_url = self.server.base_url if self.server else "/"
            pod = await server_start.wait(
                f"{base_url}api",
                self.port,
                deadline,
                queue_seconds=turn.queue_end.left if turn else 0,
            )
            url = str(self._get_pod_url(pod))
        except BaseException as err:
            await self._clean_up(server_start)
            failure = describe_failure(
                err,
                seconds=seconds,
                has_run=server_start.has_run,
                safe_mode=plan.safe_mode,
            )
            if failure is None:
                raise
            if failure.cause and not (plan.safe_mode or self.is_unused):
                self._last_failure = failure.cause
            raise failure from err
        self.log.info("%s answers. %s", self._log_name, server_start.trace.text())
        if not plan.safe_mode:
            self._last_failure = ""
            if not self.is_unused:
                total = server_start.trace.total - server_start.queued_seconds
                self._note_start(plan, total)
        return url

    def _note_start(self, plan: SpawnPlan, seconds: float) -> None:
        """Note what somebody has waited for, and that they wanted it."""
        context = self.context()
        if self.used_since:
            seconds = time.monotonic() - self.used_since
        context.starts.add(plan.environment.name, seconds)
        if plan.job is None:
            context.choices.add(plan.username, self.name)

    async def _create(
        self, server_start: ServerStart, plan: SpawnPlan
    ) -> dict[str, Any]:
        """Create the server's objects; hooks are called as KubeSpawner calls them."""
        context = self.context()
        pod = await self.get_pod_manifest()
        if self.modify_pod_hook:
            self.log.info("Pod is being modified via modify_pod_hook")
            pod = await maybe_future(self.modify_pod_hook(self, pod))
        manifest = context.api.sanitize_for_serialization(pod)
        # Whatever the hook made of them, the platform finds the pod by its labels.
        label_pod(manifest, plan, context.hub)
        if self.is_unused:
            manifest["metadata"]["labels"][STARTED_AHEAD_LABEL] = UNUSED
        await context.homes.ensure(plan.username)
        create = partial(
            server_start.create, manifest, token=self.api_token or "", port=self.port
        )
        try:
            created = await create()
        except QuotaError:
            # Refused before anything was made.
            if self.is_unused or not await context.make_room(plan, True):
                raise
            created = await create()
        if self.after_pod_created_hook:
            self.log.info("Executing after_pod_created_hook")
            await maybe_future(self.after_pod_created_hook(self, created))
        return created

    async def _clean_up(self, server_start: ServerStart) -> None:
        """Remove a failed start's objects; its cause is told even if that fails."""
        try:
            async with asyncio.timeout(_SLACK_SECONDS):
                await server_start.remove()
        except (MofangError, TimeoutError) as err:
            self.log.warning(
                "Left behind by the failed start of %s: %s", self._log_name, err
            )

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
        state = super().get_state()
        if self._plan is not None:
            state["project"] = self._plan.project.name
            state["environment"] = self._plan.environment.name
        if self._last_failure:
            state["last_failure"] = self._last_failure
        if self._failure:
            state[FAILURE_STATE] = self._failure.as_state()
        return state

    def load_state(self, state: dict[str, Any]) -> None:
        """Read what another process, or the object of the start before, left."""
        super().load_state(state)
        self._last_failure = state.get("last_failure", "")
        self._failure = ServerFailure.of_state(state)
