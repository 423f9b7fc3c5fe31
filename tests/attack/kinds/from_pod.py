"""The requests of another kind from a pod, past the gateway and what it refuses."""

from dataclasses import replace
from random import Random

from typing_extensions import override

from attack.attack import Attack
from attack.request import Request, To
from attack.scene import Caller, Scene

_CHUNK_LINE_BYTES = 60


class FromPod(Attack):
    """Sends what another kind sends to the services themselves.

    Args:
        inner: That kind.
        weight: Part of all requests.
    """

    def __init__(self, inner: Attack, weight: float) -> None:
        self._inner = inner
        self.name = f"{inner.name}, from a pod"  # type: ignore[misc]
        self.weight = weight  # type: ignore[misc]
        self.callers = inner.callers  # type: ignore[misc]
        self.together = inner.together  # type: ignore[misc]

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request of the other kind, to whom its path leads."""
        request = self._inner.request(random, caller, scene)
        start, _, _ = request.payload.partition(b"\r\n")
        to = To.TRAINING if b"/services/" in start else To.HUB
        may_close = request.may_close or _closes(request.payload)
        return replace(request, to=to, may_close=may_close)


def _closes(payload: bytes) -> bool:
    """Say whether the documentation says that the connection is closed for it.

    So it is for headers beyond 32 KiB, headers that do not come within 10 s, and long
    lines before chunks.
    """
    head, end, body = payload.partition(b"\r\n\r\n")
    if not end or len(head) > 32 * 1024 - 200:
        return True
    line, _, _ = body.partition(b"\r\n")
    return b"transfer-encoding" in head.lower() and len(line) > _CHUNK_LINE_BYTES
