"""What a starting server's pod says: still coming, there, or lost. Pure."""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from mofang_spawner.pods import CONTAINER

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
class Waiting:
    """Not there yet; ``sentence`` says what it waits for."""

    stage: Stage
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The container runs, at this address."""

    address: str
    node: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """It will not come; ``sentence`` says why and what to do."""

    reason: str
    """A short label for metrics."""
    sentence: str
    has_log: bool = False
    """Whether the container wrote something before it ended."""

    @property
    def may_be_users(self) -> bool:
        """Whether a file of the user's own may be the cause."""
        return self.reason == "exit"


REMOVED = Lost(reason="deleted", sentence="The server was removed while it started.")


def unschedulable(message: str) -> str:
    """The scheduler's account of every node, as one sentence."""
    lacking = sorted(set(re.findall(r"Insufficient ([a-z0-9./-]*[a-z0-9])", message)))
    words = {"cpu": "CPU", "memory": "memory", "nvidia.com/gpu": "GPUs"}
    if lacking:
        what = " and ".join(words.get(each, each) for each in lacking)
        return f"Waiting for a node with enough free {what}."
    return f"Waiting for a node: {message}" if message else "Waiting for a node."


def judge(pod: Manifest | None) -> Waiting | Running | Lost:
    """The pod's state, for the person who waits for it."""
    if pod is None:
        return Waiting(stage=Stage.REQUESTED, sentence="Requesting resources.")
    status = pod.get("status", {})
    if "deletionTimestamp" in pod["metadata"]:
        return REMOVED
    if status.get("phase") == "Failed" and status.get("reason"):
        why = status.get("message", status["reason"])
        return Lost(reason="evicted", sentence=f"The node evicted the server: {why}")
    for each in status.get("initContainerStatuses", []):
        if (lost := _judge_init_container(each)) is not None:
            return lost
    # The kubelet sorts them by name; other containers of the pod are not waited for.
    for each in status.get("containerStatuses", []):
        if each.get("name", CONTAINER) == CONTAINER:
            return _judge_container(pod, each)
    return _judge_placing(pod, status)


def _judge_init_container(found: Manifest) -> Lost | None:
    """Of a container that the administrator runs before the server's."""
    state = found.get("state", {})
    ended = state.get("terminated") or found.get("lastState", {}).get("terminated")
    if ended and ended.get("exitCode"):
        return Lost(
            reason="config",
            sentence=f"The init container {found['name']} failed with exit code "
            f"{ended['exitCode']}. Ask an administrator to look at it.",
        )
    waiting = state.get("waiting", {})
    reason = waiting.get("reason", "")
    if _BROKEN.get(reason) == "image":
        return Lost(
            reason="config",
            sentence=f"The image {found.get('image', '')} of the init container "
            f"{found['name']} cannot be pulled: {_tidy(waiting, reason)}. "
            "Ask an administrator to look at it.",
        )
    return None


def _judge_placing(pod: Manifest, status: Manifest) -> Waiting:
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            sentence = unschedulable(condition.get("message", ""))
            return Waiting(stage=Stage.QUEUED, sentence=sentence)
    node = pod["spec"].get("nodeName")
    if node:
        return Waiting(stage=Stage.PLACED, sentence=f"Assigned to node {node}.")
    return Waiting(stage=Stage.REQUESTED, sentence="Requesting resources.")


def _judge_container(pod: Manifest, found: Manifest) -> Waiting | Running | Lost:
    state, node = found.get("state", {}), pod["spec"].get("nodeName", "")
    ended = state.get("terminated") or found.get("lastState", {}).get("terminated")
    if ended:
        return _ended(ended)
    waiting = state.get("waiting", {})
    reason = waiting.get("reason", "")
    broken = _BROKEN.get(reason)
    is_retried = broken == "config" and _RETRIED.search(str(waiting.get("message")))
    if broken and not is_retried:
        return Lost(reason=broken, sentence=_broken(found, waiting, reason))
    if "running" in state and pod["status"].get("podIP"):
        return Running(address=pod["status"]["podIP"], node=node)
    return Waiting(
        stage=Stage.PLACED, sentence=f"Creating the container on node {node}."
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
        "Ask an administrator to look at this environment."
    )


def _tidy(waiting: Manifest, reason: str) -> str:
    """The last clause of a chain of wrapped errors, which is the cause."""
    message = str(waiting.get("message") or reason)
    return message.rpartition("ErrImagePull: ")[2].strip().rstrip(".")[:400]


def _ended(ended: Manifest) -> Lost:
    code = ended.get("exitCode")
    if ended.get("reason") == "OOMKilled" or code == _KILLED:
        sentence = "The server ran out of memory while it started. Ask for more memory."
        return Lost(reason="memory", sentence=sentence, has_log=True)
    sentence = f"The server exited before it was ready, with exit code {code}."
    return Lost(reason="exit", sentence=sentence, has_log=True)
