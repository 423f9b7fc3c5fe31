"""Classify the pod of a starting server: waiting, running or failed. Pure."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mofang_kube import evictions
from mofang_kube.evictions import EvictionCause

Manifest = dict[str, Any]

_BROKEN = {
    "ImagePullBackOff": "image",
    "InvalidImageName": "image",
    "ErrImageNeverPull": "image",
    "CreateContainerConfigError": "config",
    "CreateContainerError": "config",
    "RunContainerError": "config",
}
_RETRIED = re.compile(
    r"failed to sync (?:secret|configmap) cache"
    r"|context deadline exceeded"
    r"|timed out waiting for the condition"
    r"|failed to reserve (?:container|sandbox) name"
)
"""Messages of faults that pass: the kubelet and containerd were busy. The kubelet tries
again by itself."""
_KILLED = 137
SERVER_CONTAINER = "notebook"
"""KubeSpawner's name of the container that the server runs in."""


class Stage(IntEnum):
    """How far a start has come; also the percentage shown."""

    REQUESTED = 5
    QUEUED = 15
    PLACED = 30
    PULLING = 40
    STARTING = 60
    ANSWERING = 85
    ROUTING = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPending:
    """Not there yet; ``message`` says what it waits for."""

    stage: Stage
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The container runs, at this address."""

    address: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFailed:
    """It will not come; ``message`` says why and what to do."""

    reason: str
    """A short label for metrics."""
    message: str
    has_log: bool = False
    """Whether the container wrote something before it ended."""

    @property
    def may_be_users(self) -> bool:
        """Whether a file of the user's own may be the cause."""
        return self.reason == "exit"


REMOVED = StartFailed(
    reason="deleted", message="The server was removed while it started."
)
QUEUE_TIMED_OUT = StartFailed(
    reason="queue_timeout",
    message="The server has waited as long as it may, and there is still no room for "
    "it. Queue it again, or ask for less.",
)


def lacking_resources(message: str) -> list[str]:
    """Return what the scheduler says that nodes have too little of, by its names."""
    return sorted(set(re.findall(r"Insufficient ([a-z0-9./-]*[a-z0-9])", message)))


NO_ROOM_AHEAD = StartFailed(
    reason="no-room-ahead",
    message="No node has room for a server that nobody has asked for yet.",
)


def unschedulable(message: str) -> str:
    """The scheduler's account of every node, as one sentence."""
    lacking = lacking_resources(message)
    words = {
        "cpu": "CPU",
        "memory": "memory",
        "nvidia.com/gpu": "GPUs",
        "ephemeral-storage": "local disk",
    }
    if lacking:
        what = " and ".join(words.get(each, each) for each in lacking)
        return f"Waiting for a node with enough free {what}."
    return f"Waiting for a node: {message}" if message else "Waiting for a node."


def classify(pod: Manifest | None) -> StartPending | Running | StartFailed:
    """The pod's state, for the person who waits for it."""
    if pod is None:
        return StartPending(stage=Stage.REQUESTED, message="Requesting resources.")
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return REMOVED
    if status.get("phase") == "Failed" and status.get("reason"):
        return _evicted(pod, status)
    for each in status.get("initContainerStatuses", []):
        if found := _classify_init_container(pod, each):
            return found
    statuses = status.get("containerStatuses", [])
    if statuses:
        # Others are an administrator's; their order is not that of the definition.
        server = (each for each in statuses if each.get("name") == SERVER_CONTAINER)
        return _classify_container(pod, next(server, statuses[0]))
    return _classify_placing(pod, status)


_EVICTION_ADVICE = {
    EvictionCause.CACHE: (
        "A new start has an empty /cache. Delete there what is no longer needed, or "
        "choose an environment or a size with a larger one."
    ),
    EvictionCause.TMP: "Write large files to /cache.",
    EvictionCause.DISK: "Write large files to /cache.",
    EvictionCause.NODE: "Start it again.",
}


def describe_eviction(pod: Manifest) -> str:
    """Say why a server was evicted and what to do; empty if it was not."""
    status = pod.get("status", {})
    if status.get("reason") != evictions.REASON:
        return ""
    node = pod["spec"].get("nodeName") or "of the pod"
    why = str(status.get("message") or status["reason"])
    found = evictions.read_eviction(status["reason"], why)
    if found is None:
        return f"The server was evicted from node {node}: {why}"
    return f"{found.describe('The server', node)} {_EVICTION_ADVICE[found.cause]}"


def _evicted(pod: Manifest, status: Manifest) -> StartFailed:
    node = pod["spec"].get("nodeName") or "of the pod"
    why = status.get("message", status["reason"])
    message = describe_eviction(pod) or f"The server was ended by node {node}: {why}"
    return StartFailed(reason="evicted", message=message)


def _classify_placing(pod: Manifest, status: Manifest) -> StartPending:
    for condition in status.get("conditions", []):
        if condition.get("reason") == "SchedulingGated":
            break
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            message = unschedulable(condition.get("message", ""))
            return StartPending(stage=Stage.QUEUED, message=message)
    node = pod["spec"].get("nodeName")
    if node:
        return StartPending(stage=Stage.PLACED, message=f"Assigned to node {node}.")
    return StartPending(stage=Stage.REQUESTED, message="Requesting resources.")


def _classify_init_container(
    pod: Manifest, found: Manifest
) -> StartPending | StartFailed | None:
    """An administrator's container before the server's; None unless it matters now."""
    state, name = found.get("state", {}), found.get("name", "")
    if reason := _broken_reason(state.get("waiting", {})):
        message = _broken(found, state["waiting"], reason)
        return StartFailed(
            reason=_BROKEN[reason], message=f"Init container {name}: {message}"
        )
    if "running" in state and not found.get("started"):
        return StartPending(
            stage=Stage.PLACED,
            message=f"Init container {name} is running on node "
            f"{pod['spec'].get('nodeName', '')}.",
        )
    return None


def _broken_reason(waiting: Manifest) -> str:
    """The reason of a container that will not start by itself, or empty."""
    reason = str(waiting.get("reason", ""))
    broken = _BROKEN.get(reason)
    is_retried = broken == "config" and _RETRIED.search(str(waiting.get("message")))
    return reason if broken and not is_retried else ""


def _classify_container(
    pod: Manifest, found: Manifest
) -> StartPending | Running | StartFailed:
    state, node = found.get("state", {}), pod["spec"].get("nodeName", "")
    ended = state.get("terminated") or found.get("lastState", {}).get("terminated")
    if ended:
        return _ended(ended)
    waiting = state.get("waiting", {})
    if reason := _broken_reason(waiting):
        return StartFailed(
            reason=_BROKEN[reason], message=_broken(found, waiting, reason)
        )
    if "running" in state and pod["status"].get("podIP"):
        return Running(address=pod["status"]["podIP"], node=node)
    return StartPending(
        stage=Stage.PLACED, message=f"Creating the container on node {node}."
    )


def _broken(found: Manifest, waiting: Manifest, reason: str) -> str:
    image = found.get("image", "")
    if _BROKEN[reason] == "image":
        return (
            f"The image {image} cannot be pulled: {_tidy(waiting, reason)}. "
            "Choose another environment, or ask an administrator to correct this one."
        )
    return (
        f"The container cannot be created: {_tidy(waiting, reason)}. "
        "Ask an administrator to check this environment."
    )


def _tidy(waiting: Manifest, reason: str) -> str:
    """The last clause of a chain of wrapped errors, which is the cause."""
    message = str(waiting.get("message") or reason)
    return message.rpartition("ErrImagePull: ")[2].strip().rstrip(".")[:400]


def _ended(ended: Manifest) -> StartFailed:
    code = ended.get("exitCode")
    if ended.get("reason") == "OOMKilled" or code == _KILLED:
        message = "The server ran out of memory while it started. Ask for more memory."
        return StartFailed(reason="memory", message=message, has_log=True)
    message = f"The server exited before it was ready, with exit code {code}."
    return StartFailed(reason="exit", message=message, has_log=True)
