"""The requests of another kind from a pod, past the gateway and what it refuses."""

from dataclasses import replace
from random import Random

from typing_extensions import override

from attack.attack import Attack
from attack.request import Request, To
from attack.scene import Caller, Scene


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

    @override
    def request(self, random: Random, caller: Caller, scene: Scene) -> Request:
        """Return a request of the other kind, to whom its path leads."""
        request = self._inner.request(random, caller, scene)
        start, _, _ = request.payload.partition(b"\r\n")
        to = To.TRAINING if b"/services/" in start else To.HUB
        # Headers beyond 32 KiB, and those that do not come within 10 s, close the
        # connection, as the documentation says.
        head = request.payload.find(b"\r\n\r\n")
        may_close = request.may_close or head > 32 * 1024 - 200 or head < 0
        return replace(request, to=to, may_close=may_close)
