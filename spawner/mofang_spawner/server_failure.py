"""Why a server failed: what pages say of it, and choose their buttons by. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from mofang_kube.evictions import EvictionCause, read_eviction
from mofang_spawner.pod_phase import SERVER_CONTAINER, describe_eviction

Manifest = dict[str, Any]

STATE = "failure"
"""Key in a server's state, which JupyterHub keeps: how it ended, unless it was stopped.
"""
_EARLIER_STATE = "eviction"
"""Key of earlier versions: why the kubelet evicted it."""

MEMORY = "memory"
EVICTED = "evicted"
CACHE_FULL = "cache"
IMAGE = "image"
QUOTA = "quota_exceeded"
TIMEOUT = "timeout"
QUEUE_TIMEOUT = "queue_timeout"
INTERRUPTED = "interrupted"
EXIT = "exit"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFailure:
    """One failure."""

    reason: str
    """One of the constants above, or a label of metrics that no page has a button for.
    """

    message: str

    @classmethod
    def of_error(cls, error: BaseException) -> Self:
        """Read what ended a start: a ``StartError``, or a fault of the platform's."""
        return cls(
            reason=str(getattr(error, "reason", "") or ""),
            message=str(getattr(error, "jupyterhub_message", ""))
            or "The start failed. Try again; if it fails again, tell an administrator.",
        )

    @classmethod
    def of_state(cls, state: Mapping[str, Any] | None) -> Self | None:
        """Read what JupyterHub kept of a server; None if it did not fail."""
        if not state:
            return None
        if eviction := state.get(_EARLIER_STATE):
            return cls(reason=EVICTED, message=str(eviction))
        found = state.get(STATE)
        if not isinstance(found, dict):
            return None
        return cls(
            reason=str(found.get("reason", "")), message=str(found.get("message", ""))
        )

    @classmethod
    def of_pod(cls, pod: Manifest) -> Self | None:
        """Read how a pod ended; None while it runs, or if it ended by itself."""
        if message := describe_eviction(pod):
            status = pod["status"]
            found = read_eviction(status["reason"], str(status.get("message", "")))
            is_cache = found is not None and found.cause is EvictionCause.CACHE
            return cls(reason=CACHE_FULL if is_cache else EVICTED, message=message)
        state = _server(pod).get("state") or {}
        if _is_out_of_memory(state):
            return cls(
                reason=MEMORY,
                message="The server used all of its memory and was stopped. Its "
                "kernels and terminals have ended; files are kept.",
            )
        return None

    @classmethod
    def of_restart(cls, pod: Manifest) -> Self | None:
        """Read why Kubernetes restarted a server that runs; None if it did not."""
        if _is_out_of_memory(_server(pod).get("lastState") or {}):
            return cls(
                reason=MEMORY,
                message="The server used all of its memory and was restarted with the "
                "same size. Its kernels and terminals have ended; files are kept.",
            )
        return None

    @classmethod
    def of_interruption(cls, *, was_queued: bool) -> Self:
        """Describe a start that ended with the hub that had begun it.

        Args:
            was_queued: Whether nothing of the server was made yet.
        """
        what = "was waiting in the queue" if was_queued else "was starting"
        return cls(
            reason=INTERRUPTED,
            message=f"The server {what} when the hub was restarted, which ended that. "
            "Nothing is left of it.",
        )

    def as_state(self) -> dict[str, str]:
        """Return what JupyterHub keeps."""
        return {"reason": self.reason, "message": self.message}


def _server(pod: Manifest) -> Manifest:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    found: Manifest = next(
        (each for each in statuses if each.get("name") == SERVER_CONTAINER), {}
    )
    return found


def _is_out_of_memory(state: Manifest) -> bool:
    return (state.get("terminated") or {}).get("reason") == "OOMKilled"
