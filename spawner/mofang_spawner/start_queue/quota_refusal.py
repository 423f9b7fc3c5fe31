"""What Kubernetes says as it refuses a pod for the quota. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from mofang_kube.names import GPU_RESOURCE
from mofang_kube.quantities import parse_quantity
from mofang_spawner.start_queue.decisions import describe_excess, describe_use

_FORM = re.compile(
    r"exceeded quota: \S+, requested: (?P<asked>\S+), used: (?P<used>\S+), "
    r"limited: (?P<limits>\S+)"
)
_NAMES = {
    "requests.cpu": "cpu",
    "requests.memory": "memory",
    "limits.memory": "memory",
    f"requests.{GPU_RESOURCE}": GPU_RESOURCE,
    "limits.ephemeral-storage": "local storage",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRefusal:
    """One refusal: amounts by what people call them."""

    asked: dict[str, Decimal]
    used: dict[str, Decimal]
    limits: dict[str, Decimal]

    @classmethod
    def parse(cls, message: str) -> Self | None:
        """Read a message of the API server's; None if it is another one."""
        found = _FORM.search(message)
        if found is None:
            return None
        try:
            return cls(
                asked=_amounts(found["asked"]),
                used=_amounts(found["used"]),
                limits=_amounts(found["limits"]),
            )
        except ValueError:
            return None

    def describe_never(self, project: str) -> str:
        """Say why waiting would not help; empty where it might."""
        excess = {
            name: amount
            for name, amount in self.asked.items()
            if amount > self.limits.get(name, amount)
        }
        return describe_excess(excess, self.limits, project)

    def describe(self, project: str) -> str:
        """Say what the server waits for."""
        asked = {name: each for name, each in self.asked.items() if name in self.limits}
        return describe_use(asked, used=self.used, limits=self.limits, project=project)


def _amounts(text: str) -> dict[str, Decimal]:
    found = {}
    for part in text.strip(".").split(","):
        name, _, amount = part.partition("=")
        found[_NAMES.get(name, name)] = parse_quantity(amount)
    return found
