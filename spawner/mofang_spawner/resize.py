"""Change CPU and memory of a server that runs, without a restart.

Kubernetes takes the change of a pod's resources as a wish. The kubelet applies it, or
says in the pod's status that its node has no room now (*Deferred*) or ever
(*Infeasible*), or that the container uses more than it is to get. What it does not
apply is taken back, so that a server never changes its size later, unasked.

A pod keeps the class of service that it has. One whose CPU may borrow stays like that
with a request just below its limit, and one whose CPU may not has its limit moved, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from mofang_kube.errors import (
    ClusterError,
    ConflictError,
    MofangError,
    NotFoundError,
    QuotaError,
    http_status,
    kubernetes_message,
)
from mofang_kube.free_capacity import FreeCapacity
from mofang_kube.quantities import parse_quantity, readable_size
from mofang_spawner.context import SpawnContext
from mofang_spawner.environments.sizing import Sizes

Manifest = dict[str, Any]

log = logging.getLogger(__name__)

ANSWER_SECONDS = 20.0
"""For the kubelet, whose status follows what it does by some seconds."""

_MILLI = Decimal("0.001")
_PENDING, _IN_PROGRESS = "PodResizePending", "PodResizeInProgress"
_BOTH = ("cpu", "memory")
_REFUSED = {HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY}


class NotResizedError(ConflictError):
    """The server goes on as it was; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeTarget:
    """The pod of a server."""

    namespace: str
    name: str

    @property
    def manifest(self) -> Manifest:
        """Names it."""
        metadata = {"name": self.name, "namespace": self.namespace}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}


def resized(before: Manifest, sizes: Sizes) -> Manifest:
    """Return requests and limits of a container at another size.

    Args:
        before: Those that it has; what is neither CPU nor memory stays.
        sizes: What it is to have.
    """
    requests = {**before["requests"], "cpu": sizes.cpu, "memory": sizes.memory}
    limits = {**before["limits"], "cpu": sizes.cpu_limit, "memory": sizes.memory}
    borrows = _amount(before["requests"], "cpu") != _amount(before["limits"], "cpu")
    if not borrows:
        limits["cpu"] = requests["cpu"]
    elif _amount(requests, "cpu") == _amount(limits, "cpu"):
        millicores = int((_amount(limits, "cpu") - _MILLI) / _MILLI)
        requests["cpu"] = f"{millicores}m"
    return {**before, "requests": requests, "limits": limits}


def is_applied(pod: Manifest, container: str, wanted: Manifest) -> bool:
    """Whether a pod's status shows what a container was to have.

    Args:
        pod: With its status.
        container: Its name.
        wanted: Requests and limits.
    """
    status = pod.get("status") or {}
    found = next(
        (
            each.get("resources") or {}
            for each in status.get("containerStatuses") or []
            if each["name"] == container
        ),
        {},
    )
    return all(
        name in (found.get(kind) or {})
        and _amount(found[kind], name) == _amount(wanted[kind], name)
        for kind in ("requests", "limits")
        for name in _BOTH
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResizeRefusal:
    """Why the kubelet does not resize."""

    reason: str
    is_final: bool
    """Whether it stays so. What went wrong the kubelet tries again, such as while it
    does not know yet what a container uses."""


def find_refusal(pod: Manifest, generation: int) -> ResizeRefusal | None:
    """Return why the kubelet does not resize; None as long as it may.

    Args:
        pod: With its status.
        generation: That the change made; what is said of an earlier one does not count.
    """
    for each in (pod.get("status") or {}).get("conditions") or []:
        observed = each.get("observedGeneration")
        if each["status"] != "True" or (observed is not None and observed < generation):
            continue
        message = str(each.get("message") or "").strip().rstrip(".")
        reason = each.get("reason", "")
        if each["type"] == _PENDING and reason == "Infeasible":
            said = f"its node can never give that much ({message or reason})"
            return ResizeRefusal(reason=said, is_final=True)
        if each["type"] == _PENDING:
            said = f"its node has no room for that now ({message or reason})"
            return ResizeRefusal(reason=said, is_final=True)
        if each["type"] == _IN_PROGRESS and reason == "Error":
            said = f"its node could not do it ({message or reason})"
            return ResizeRefusal(reason=said, is_final=False)
    return None


def validate_room(
    found: FreeCapacity | None, node: str, before: Manifest, after: Manifest
) -> None:
    """Refuse what the node of a server has no room for.

    Args:
        found: What the cluster has free; None as long as nobody knows.
        node: Of the server.
        before: Requests of its container.
        after: Those that it is to have.

    Raises:
        NotResizedError: Says what is free.
    """
    free = found.free_on(node) if found else None
    if free is None:
        return
    for name, say in (("memory", _say_memory), ("cpu", _say_cpu)):
        more = _amount(after, name) - _amount(before, name)
        if more > max(free[name], Decimal(0)):
            left = max(free[name], Decimal(0))
            raise NotResizedError(
                f"The server cannot get {say(more)} more without a restart: its node "
                f"{node} has {say(left)} free. Ask for less, or restart the server "
                "with the new size, so that it gets a node with room."
            )


def validate_use(sizes: Sizes, used_bytes: int) -> None:
    """Refuse less memory than a server uses: its kernels would be killed.

    Args:
        sizes: What it is to have.
        used_bytes: What it uses; 0 if that is not known.

    Raises:
        NotResizedError: Says what it uses.
    """
    if parse_quantity(sizes.memory) <= used_bytes:
        raise NotResizedError(
            f"The server uses {readable_size(used_bytes)} of memory now, so it cannot "
            f"get {_say_memory(parse_quantity(sizes.memory))}. Shut down kernels that "
            "you no longer need first, or ask for more."
        )


async def resize_pod(
    context: SpawnContext,
    target: ResizeTarget,
    sizes: Sizes,
    answer_seconds: float = ANSWER_SECONDS,
) -> None:
    """Give a server's pod another size; returns once the kubelet has applied it.

    Args:
        context: What the hub's servers share.
        target: The pod.
        sizes: What its first container is to have.
        answer_seconds: For the kubelet.

    Raises:
        NotResizedError: It goes on as it was; says why.
        QuotaError: The project's quota does not leave room.
        MofangError: Kubernetes refuses it, or does not answer.
    """
    pod = await context.objects.find(target.manifest, noun="server")
    if pod is None or "deletionTimestamp" in pod["metadata"]:
        raise NotFoundError("The server has ended meanwhile. Start it again.")
    container = pod["spec"]["containers"][0]
    before = container["resources"]
    wanted = resized(before, sizes)
    node = str(pod["spec"].get("nodeName") or "")
    validate_room(context.free_capacity(), node, before["requests"], wanted["requests"])
    if _same(before, wanted):
        return
    watching = _Watching(context, target, container["name"], answer_seconds)
    async with watching:
        patched = await _patch(context, target, container["name"], wanted)
        try:
            refused = await watching.until_known(
                wanted, int(patched["metadata"].get("generation") or 0)
            )
        except BaseException:
            await _undo(context, target, container["name"], before)
            raise
    if refused:
        await _undo(context, target, container["name"], before)
        raise NotResizedError(
            f"The server goes on with the size that it had: {refused}. Ask for less, "
            "or restart it with the new size."
        )


class _Watching:
    """Follows one pod in the hub's watch."""

    def __init__(
        self,
        context: SpawnContext,
        target: ResizeTarget,
        container: str,
        seconds: float,
    ) -> None:
        self._context = context
        self._seconds = seconds
        self._target = target
        self._container = container
        self._changes = context.pods.changes()
        self._next: asyncio.Task[Any] | None = None

    async def __aenter__(self) -> None:
        # Subscribed before the change is asked for: nothing falls in between.
        self._follow()
        await asyncio.sleep(0)

    async def __aexit__(self, *_: object) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._next
        await self._changes.aclose()

    async def until_known(self, wanted: Manifest, generation: int) -> str:
        """Return why the pod is not resized; empty once it is."""
        last = f"its node has not answered for {self._seconds:.0f} seconds"
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    pod = self._context.find_pod(
                        self._target.namespace, self._target.name
                    )
                    if pod is None:
                        return "it has ended meanwhile"
                    if is_applied(pod, self._container, wanted):
                        return ""
                    if refused := find_refusal(pod, generation):
                        last = refused.reason
                        if refused.is_final:
                            return last
                    await self._follow()
                    self._next = None
        except TimeoutError:
            return last

    def _follow(self) -> asyncio.Task[Any]:
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._changes))
        return self._next


async def _patch(
    context: SpawnContext, target: ResizeTarget, container: str, resources: Manifest
) -> Manifest:
    change = {"spec": {"containers": [{"name": container, "resources": resources}]}}
    try:
        return await context.objects.merge_lists(
            target.manifest,
            change,
            subresource="resize",
            verb="resize",
            noun="server",
        )
    except QuotaError as err:
        raise QuotaError(
            "The server cannot be resized: the quota of its project does not leave "
            "room. Ask for less, or stop servers or jobs of the project."
        ) from err
    except ClusterError as err:
        if http_status(err) not in _REFUSED:
            raise
        raise NotResizedError(
            "The server goes on with the size that it had: Kubernetes refuses the "
            f"other ({kubernetes_message(err)}). Ask for less, or restart it with the "
            "new size."
        ) from err


async def _undo(
    context: SpawnContext, target: ResizeTarget, container: str, before: Manifest
) -> None:
    """Take back what was asked for; where that fails, the log says so."""
    try:
        await _patch(context, target, container, before)
    except NotFoundError:
        return
    except MofangError as err:
        level = logging.ERROR if isinstance(err, ClusterError) else logging.WARNING
        log.log(level, "A resize of %s could not be taken back: %s", target.name, err)


def _same(before: Manifest, after: Manifest) -> bool:
    return all(
        _amount(before[kind], name) == _amount(after[kind], name)
        for kind in ("requests", "limits")
        for name in _BOTH
    )


def _amount(amounts: Mapping[str, Any], name: str) -> Decimal:
    return parse_quantity(str(amounts[name]))


def _say_memory(amount: Decimal) -> str:
    return readable_size(int(amount))


def _say_cpu(amount: Decimal) -> str:
    return f"{amount.normalize():f} cores"
