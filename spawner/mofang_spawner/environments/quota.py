"""What a project may ask for and what it holds: CPU, memory and GPUs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mofang_kube.free_capacity import FreeCapacity
from mofang_kube.names import GPU_RESOURCE, project_namespace
from mofang_kube.quantities import parse_quantity
from mofang_spawner.environments.models import Project
from mofang_spawner.environments.sizing import Sizes

Amounts = Mapping[str, Decimal]

NAMES = {"cpu": "CPU", "memory": "memory", GPU_RESOURCE: "GPUs"}
"""What people call a resource."""

_QUOTA_KEYS = {"cpu": "cpu", "memory": "memory", GPU_RESOURCE: "gpu"}
_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaBalance:
    """The quota of one project, and how much of it is used."""

    limits: Amounts
    """What is not in it is not limited."""

    held: Amounts
    """Likewise by everything in the project's namespace; may lack what is 0."""

    def left(self, name: str) -> Decimal | None:
        """Return what may still be asked for, never below 0; None without a limit."""
        limit = self.limits.get(name)
        if limit is None:
            return None
        return max(limit - self.held.get(name, _NONE), _NONE)

    def lacking(self, amounts: Amounts) -> list[str]:
        """Return of which resources less is left than is asked for."""
        return [
            name
            for name in NAMES
            if (left := self.left(name)) is not None and amounts.get(name, _NONE) > left
        ]

    def never(self, amounts: Amounts) -> list[str]:
        """Return of which resources more is asked for than there would ever be."""
        return [
            name
            for name, limit in self.limits.items()
            if amounts.get(name, _NONE) > limit
        ]

    def plus(self, amounts: Amounts) -> "QuotaBalance":
        """Return what is used once that much is, too."""
        names = {*self.held, *amounts}
        held = {
            name: self.held.get(name, _NONE) + amounts.get(name, _NONE)
            for name in names
        }
        return QuotaBalance(limits=self.limits, held=held)


def read_quota(found: FreeCapacity | None, project: Project) -> QuotaBalance:
    """Return a project's quota.

    Args:
        found: What the cluster has free; None as long as nobody knows.
        project: Whose quota it is.
    """
    limits = {
        name: parse_quantity(str(project.quota[key]))
        for name, key in _QUOTA_KEYS.items()
        if project.quota.get(key) is not None
    }
    held = found.held(project_namespace(project.name)) if found else {}
    return QuotaBalance(limits=limits, held=held)


def requested_amounts(sizes: Sizes) -> dict[str, Decimal]:
    """Return what a server of these sizes asks for, without what is 0."""
    amounts = {
        "cpu": parse_quantity(sizes.cpu),
        "memory": parse_quantity(sizes.memory),
        GPU_RESOURCE: Decimal(sizes.gpu),
    }
    return {name: amount for name, amount in amounts.items() if amount}
