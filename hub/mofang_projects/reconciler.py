"""Watch Projects, Homes and saved Environments: the program ``mofang-reconciler``.

kopf watches, retries and holds deletions by a finalizer; ``ProjectNamespaces``,
``HomeController`` and ``SavedEnvironmentController`` do the work. Timers put right what
drifted, and try again what failed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import kopf

from mofang_kube.errors import MofangError, is_permanent
from mofang_kube.names import GROUP, PROJECT_FINALIZER, VERSION, is_name
from mofang_kube.objects import ObjectStorage, connected_objects
from mofang_projects.directories import FAILURES, Directories, project_directory
from mofang_projects.environment_store import EnvironmentStore
from mofang_projects.homes import HomeController, HomeUnmadeError, failed_status
from mofang_projects.metrics import ErrorReason, OperatorMetrics, ReconcileOperation
from mofang_projects.models import BadProjectError, Project
from mofang_projects.namespaces import (
    ForeignNamespaceError,
    Phase,
    ProjectNamespaces,
    ProjectState,
    failed_state,
)
from mofang_projects.pull_secrets import BadPullSecretError
from mofang_projects.saved_environments import (
    NotStoredError,
    SavedEnvironmentController,
    is_saved,
)
from mofang_projects.settings import SETTINGS_FILE, NamespaceSettings
from mofang_projects.snapshot_requests import SnapshotRequests, asks_for_snapshot
from mofang_projects.usage import UsageReader
from mofang_projects.watch_probe import WatchBehindError, WatchProbe

_HOMES = (GROUP, VERSION, "homes")
_SNAPSHOT_CHECK_SECONDS = 60.0
LIVENESS_ENDPOINT = "http://0.0.0.0:8090/healthz"
FIELD_MANAGER = "mofang-reconciler"
_RESOURCE = (GROUP, VERSION, "projects")
_ENVIRONMENTS = (GROUP, VERSION, "environments")
_RETRY_SECONDS = 5
_RECONNECT_SECONDS = 1.0

log = logging.getLogger(__name__)


class ProjectReconciler:
    """The handlers of one operator, and what they share."""

    def __init__(
        self,
        settings: NamespaceSettings,
        metrics: OperatorMetrics | None = None,
        *,
        namespaces: ProjectNamespaces | None = None,
        directories: Directories | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics or OperatorMetrics()
        self._stack = AsyncExitStack()
        self._namespaces = namespaces
        root = settings.storage_root
        if directories is None and root is not None:
            directories = Directories.at(root, settings.storage)
        self._directories = directories
        self._usage: UsageReader | None = None
        self._homes: HomeController | None = None
        self._project_snapshots: SnapshotRequests | None = None
        if directories is not None:
            self._usage = UsageReader(
                directories.storage, settings.storage.usage_seconds
            )
            self._homes = HomeController(directories, self._usage)
            self._project_snapshots = SnapshotRequests(directories)
        self._saved: SavedEnvironmentController | None = None
        if root is not None:
            self._saved = SavedEnvironmentController(EnvironmentStore(root))
        self._snapshots: asyncio.Task[None] | None = None
        self._objects: ObjectStorage | None = None
        self._watch = WatchProbe(self._list_projects)
        # A change, the timer and a deletion of one project take turns.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def registry(self) -> Any:
        """Register the handlers, in a registry of their own."""
        registry = kopf.OperatorRegistry()
        kopf.on.startup(registry=registry)(self._connect)
        kopf.on.cleanup(registry=registry)(self._disconnect)
        kopf.on.login(registry=registry)(_log_in)
        for on_change in (kopf.on.create, kopf.on.update, kopf.on.resume):
            on_change(*_RESOURCE, registry=registry, id="reconcile")(self._reconcile)
        kopf.timer(
            *_RESOURCE,
            registry=registry,
            id="resync",
            interval=self._settings.resync_seconds,
            initial_delay=self._settings.resync_seconds,
        )(self._reconcile)
        kopf.on.delete(*_RESOURCE, registry=registry, id="remove")(self._remove)
        # Their data sources; what changes reaches projects with the next resync.
        kopf.index(*_ENVIRONMENTS, registry=registry, id="environments")(_indexed)
        if self._saved is not None:
            for on_event in (kopf.on.create, kopf.on.update, kopf.on.resume):
                on_event(*_ENVIRONMENTS, registry=registry, id="saved", when=is_saved)(
                    self._store_saved
                )
            kopf.on.delete(
                *_ENVIRONMENTS, registry=registry, id="remove-saved", when=is_saved
            )(self._remove_saved)
        if self._homes is not None:
            for on_event in (kopf.on.create, kopf.on.update, kopf.on.resume):
                on_event(*_HOMES, registry=registry, id="home")(self._reconcile_home)
            # kopf takes all annotations of this prefix for its own, and no change.
            kopf.on.event(*_HOMES, registry=registry, id="home-snapshot")(
                self._answer_request
            )
            kopf.timer(
                *_HOMES,
                registry=registry,
                id="home-usage",
                interval=self._settings.storage.usage_seconds,
                initial_delay=self._settings.storage.usage_seconds,
            )(self._reconcile_home)
        if self._project_snapshots is not None:
            kopf.on.event(*_RESOURCE, registry=registry, id="project-snapshot")(
                self._answer_project_request
            )
        kopf.on.event(*_RESOURCE, registry=registry, id="observe")(self._observe)
        kopf.on.probe(registry=registry, id="watch")(self._probe)
        return registry

    async def _connect(self, settings: Any, **_: Any) -> None:
        _configure(settings)
        objects = await self._stack.enter_async_context(
            connected_objects(field_manager=FIELD_MANAGER)
        )
        self._namespaces = ProjectNamespaces(
            objects,
            self._settings,
            directories=self._directories,
            usage=self._usage,
        )
        self._objects = objects
        if self._directories is not None:
            # The training service's own volume begins with one of them.
            try:
                await self._directories.ensure_top()
            except FAILURES as err:
                log.warning("Directories of the storage cannot be made: %s", err)
            self._snapshots = asyncio.create_task(self._keep_snapshots())

    async def _observe(self, *, event: Any, **_: Any) -> None:
        self._watch.observe(event["object"], is_gone=event["type"] == "DELETED")

    async def _probe(self, **_: Any) -> str:
        try:
            await self._watch.check()
        except WatchBehindError as err:
            # kopf would try others again, and keep the kubelet waiting.
            raise kopf.PermanentError(str(err)) from err
        return "follows"

    async def _list_projects(self) -> list[dict[str, Any]]:
        assert self._objects is not None, "kopf connects at start-up"  # noqa: S101
        return await self._objects.list_objects(f"{GROUP}/{VERSION}", "Project")

    async def _disconnect(self, **_: Any) -> None:
        if self._snapshots is not None:
            self._snapshots.cancel()
            await asyncio.wait([self._snapshots])
        await self._stack.aclose()

    async def _keep_snapshots(self) -> None:
        """Take snapshots as they become due; who was away for long takes one."""
        assert self._directories is not None  # noqa: S101 - asked by the caller
        while True:
            try:
                await self._directories.keep_snapshots(datetime.now(UTC))
            except Exception:
                # The next one is as good; without the task there would be none.
                log.exception("Snapshots could not be taken")
            await asyncio.sleep(_SNAPSHOT_CHECK_SECONDS)

    async def _reconcile_home(
        self, *, body: Any, name: str, patch: Any, **_: Any
    ) -> None:
        assert self._homes is not None  # noqa: S101 - registered with it alone
        home = dict(body)
        async with self._turns[f"home/{name}"]:
            try:
                status = await self._homes.reconcile(home)
            except HomeUnmadeError as err:
                self._metrics.record_error(ReconcileOperation.HOME, ErrorReason.STORAGE)
                log.warning("%s", err)
                _write_home(failed_status(err, home), home, patch)
                raise kopf.TemporaryError(str(err), delay=_RETRY_SECONDS) from err
        _write_home(status, home, patch)

    async def _store_saved(self, *, body: Any, patch: Any, **_: Any) -> None:
        assert self._saved is not None  # noqa: S101 - registered with it alone
        try:
            states = await self._saved.reconcile(dict(body))
        except NotStoredError as err:
            self._metrics.record_error(
                ReconcileOperation.ENVIRONMENT, ErrorReason.STORAGE
            )
            patch.status["saved"] = err.states
            raise kopf.TemporaryError(str(err), delay=_RETRY_SECONDS) from err
        if states != (body.get("status") or {}).get("saved"):
            patch.status["saved"] = states

    async def _remove_saved(self, *, body: Any, **_: Any) -> None:
        assert self._saved is not None  # noqa: S101 - registered with it alone
        try:
            await self._saved.remove(dict(body))
        except FAILURES as err:
            self._metrics.record_error(
                ReconcileOperation.ENVIRONMENT, ErrorReason.STORAGE
            )
            raise kopf.TemporaryError(
                "What was stored of it cannot be removed.", delay=_RETRY_SECONDS
            ) from err

    async def _answer_request(self, *, event: Any, body: Any, **given: Any) -> None:
        """Take a snapshot that somebody waits for; the timer tries again what fails."""
        if _is_there(event, body) and asks_for_snapshot(body):
            await self._reconcile_home(body=body, **given)

    async def _answer_project_request(
        self, *, event: Any, body: Any, name: str, patch: Any, **_: Any
    ) -> None:
        """Take a snapshot that somebody waits for, and nothing else meanwhile."""
        assert self._project_snapshots is not None  # noqa: S101 - registered with it
        if not (_is_there(event, body) and asks_for_snapshot(body) and is_name(name)):
            return
        async with self._turns[f"snapshot/{name}"]:
            patch.status["requestedSnapshot"] = await self._project_snapshots.answer(
                project_directory(name), body
            )

    async def _reconcile(
        self,
        *,
        body: Any,
        name: str,
        patch: Any,
        logger: Any,
        environments: Mapping[str, Iterable[Any]],
        **_: Any,
    ) -> None:
        known = [each for values in environments.values() for each in values]
        async with self._turns[name]:
            with self._metrics.timed(ReconcileOperation.RECONCILE):
                state, is_worth_a_retry = await self._try(body, name, known)
        _write(state, body, patch)
        if state.phase is Phase.FAILED:
            logger.warning("Project %s cannot be made: %s", name, state.message)
        if is_worth_a_retry:
            raise kopf.TemporaryError(state.message, delay=_RETRY_SECONDS)

    async def _try(
        self, body: Any, name: str, environments: list[Any]
    ) -> tuple[ProjectState, bool]:
        """Reconcile, and say whether trying again soon may end differently."""
        assert self._namespaces is not None, "kopf connects at start-up"  # noqa: S101
        try:
            state = await self._namespaces.reconcile(
                Project.parse(dict(body)), environments
            )
        except _FAILURES as err:
            reason, is_worth_a_retry = _classify(err)
            self._metrics.record_error(ReconcileOperation.RECONCILE, reason)
            return failed_state(err, name), is_worth_a_retry
        return state, state.phase is Phase.PENDING

    async def _remove(
        self, *, body: Any, name: str, patch: Any, logger: Any, **_: Any
    ) -> None:
        assert self._namespaces is not None, "kopf connects at start-up"  # noqa: S101
        async with self._turns[name]:
            try:
                with self._metrics.timed(ReconcileOperation.REMOVE):
                    waits_for = await self._namespaces.remove(name)
            except MofangError as err:
                self._metrics.record_error(
                    ReconcileOperation.REMOVE, ErrorReason.KUBERNETES
                )
                waits_for = str(err)
        if waits_for is None:
            logger.info("Project %s is removed", name)
            self._turns.pop(name, None)
            return
        state = ProjectState(
            phase=Phase.DELETING,
            namespace=body.get("status", {}).get("namespace", ""),
            message=waits_for,
        )
        _write(state, body, patch)
        raise kopf.TemporaryError(waits_for, delay=_RETRY_SECONDS)


def main(settings_file: Path = SETTINGS_FILE) -> None:
    """Run until told to end."""
    kopf.configure()
    # The kubelet asks for the state of health all the time.
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    settings, metrics = NamespaceSettings.load(settings_file), OperatorMetrics()
    with metrics.serving():
        kopf.run(
            registry=ProjectReconciler(settings, metrics).registry(),
            clusterwide=True,
            standalone=True,
            liveness_endpoint=LIVENESS_ENDPOINT,
        )


_FAILURES = (
    BadProjectError,
    ForeignNamespaceError,
    MofangError,
    BadPullSecretError,
    *FAILURES,
)


async def _indexed(*, body: Any, name: str, **_: Any) -> dict[str, Any]:
    """Keep of an Environment what tells its data sources and who may use it."""
    return {name: {"metadata": {"name": name}, "spec": dict(body["spec"])}}


def _classify(err: Exception) -> tuple[ErrorReason, bool]:
    """Return what was in the way, and whether trying again soon may end differently."""
    match err:
        case BadProjectError():
            return ErrorReason.INVALID_PROJECT, False
        case ForeignNamespaceError():
            return ErrorReason.FOREIGN_NAMESPACE, False
        case MofangError():
            return ErrorReason.KUBERNETES, not is_permanent(err)
        case BadPullSecretError():
            return ErrorReason.PULL_SECRET, True
        case _:
            return ErrorReason.STORAGE, True


def _configure(settings: Any) -> None:
    settings.persistence.finalizer = PROJECT_FINALIZER
    settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(
        prefix=GROUP
    )
    settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(
        prefix=GROUP
    )
    # The definitions come with the chart, before this program; so there is no
    # need of the right to watch every definition of the cluster.
    settings.scanning.disabled = True
    # A watch cut in silence by the network is noticed within these.
    settings.watching.server_timeout = 240
    settings.watching.client_timeout = 300
    # Each list and watch in a row of such that fail; kopf's own is ten a second.
    settings.watching.reconnect_backoff = _RECONNECT_SECONDS
    settings.networking.enforce_retry_after = True
    settings.posting.level = logging.WARNING  # Successes are in the status.


def _log_in(**kwargs: Any) -> Any:
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(
        **kwargs
    )


def _is_there(event: Any, body: Mapping[str, Any]) -> bool:
    is_going = body["metadata"].get("deletionTimestamp") is not None
    return event["type"] != "DELETED" and not is_going


def _write_home(status: dict[str, Any], body: Mapping[str, Any], patch: Any) -> None:
    before = dict(body.get("status") or {})
    if status != before:
        patch.status.update(merge_patch(before, status))


def _write(state: ProjectState, body: Mapping[str, Any], patch: Any) -> None:
    """Put the state into the status, unless it says the same already."""
    before = dict(body.get("status") or {})
    # Requests are answered beside this, maybe since the body was read.
    before.pop("requestedSnapshot", None)
    status = state.as_status(
        generation=body["metadata"].get("generation", 0), before=before
    )
    if status != before:
        patch.status.update(merge_patch(before, status))


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON merge patch that makes one dictionary another.

    Args:
        before: As it is; what ``after`` lacks is removed.
        after: As it is to be.
    """
    removed = dict.fromkeys(before.keys() - after.keys())
    return removed | {
        name: merge_patch(before[name], value)
        if isinstance(value, Mapping) and isinstance(before.get(name), Mapping)
        else value
        for name, value in after.items()
    }


if __name__ == "__main__":
    main()
