"""What the scheduler reserves on a node for a pod. Pure.

The rule is Kubernetes' own ("effective request"): containers run together, with init
containers that restart always (sidecars); other init containers run before, one after
the other, each with the sidecars that began earlier. The greater of both counts, and
the overhead of the pod's runtime class is added.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any, Self

from mofang_kube.names import GPU_RESOURCE
from mofang_kube.quantities import parse_quantity

Manifest = dict[str, Any]

_MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PodResources:
    """Amounts that a pod reserves, as whole numbers."""

    cpu_millicores: int = 0
    memory_bytes: int = 0
    gpus: int = 0

    @classmethod
    def from_requests(cls, requests: Manifest) -> Self:
        """Read the requests of one container.

        Raises:
            ValueError: One is no quantity.
        """
        return cls(
            cpu_millicores=_whole(requests.get("cpu"), _MILLI),
            memory_bytes=_whole(requests.get("memory")),
            gpus=_whole(requests.get(GPU_RESOURCE)),
        )

    @classmethod
    def from_pod(cls, pod: Manifest) -> Self:
        """Read a pod, whole or as ``strip_resources`` keeps it.

        Raises:
            ValueError: A request is no quantity.
        """
        spec = pod.get("spec") or {}
        sidecars, before = cls(), cls()
        for each in spec.get("initContainers") or []:
            own = cls.from_requests(_requests(each))
            if each.get("restartPolicy") == "Always":
                sidecars = sidecars.plus(own)
                own = cls()
            before = before.maximum(sidecars.plus(own))
        together = sidecars
        for each in spec.get("containers") or []:
            together = together.plus(cls.from_requests(_requests(each)))
        overhead = cls.from_requests(spec.get("overhead") or {})
        return together.maximum(before).plus(overhead)

    def plus(self, other: Self) -> Self:
        """Return the sum."""
        return type(self)(
            cpu_millicores=self.cpu_millicores + other.cpu_millicores,
            memory_bytes=self.memory_bytes + other.memory_bytes,
            gpus=self.gpus + other.gpus,
        )

    def maximum(self, other: Self) -> Self:
        """Return the greater of each amount."""
        return type(self)(
            cpu_millicores=max(self.cpu_millicores, other.cpu_millicores),
            memory_bytes=max(self.memory_bytes, other.memory_bytes),
            gpus=max(self.gpus, other.gpus),
        )


def strip_resources(spec: Manifest) -> Manifest:
    """Keep of a pod's ``spec`` what ``PodResources`` reads."""
    kept: Manifest = {"containers": _stripped(spec.get("containers") or [])}
    if init_containers := spec.get("initContainers"):
        kept["initContainers"] = _stripped(init_containers)
    if overhead := spec.get("overhead"):
        kept["overhead"] = overhead
    return kept


def _stripped(containers: Iterable[Manifest]) -> list[Manifest]:
    found = []
    for each in containers:
        kept: Manifest = {"name": each["name"]}
        if requests := _requests(each):
            names = ("cpu", "memory", GPU_RESOURCE)
            kept["resources"] = {
                "requests": {name: requests[name] for name in names if name in requests}
            }
        if restart := each.get("restartPolicy"):
            kept["restartPolicy"] = restart
        found.append(kept)
    return found


def _requests(container: Manifest) -> Manifest:
    requests: Manifest = (container.get("resources") or {}).get("requests") or {}
    return requests


def _whole(quantity: object, factor: int = 1) -> int:
    """Return a quantity times a factor, rounded up as the scheduler does."""
    if quantity is None:
        return 0
    amount: Decimal = parse_quantity(str(quantity)) * factor
    return int(amount.to_integral_value(ROUND_CEILING))
