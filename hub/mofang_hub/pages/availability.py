"""What a card says of the room for its server, now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mofang_hub.pages.sizes import GIB, number
from mofang_kube.free_capacity import FreeCapacity
from mofang_kube.names import GPU_RESOURCE
from mofang_kube.quantities import parse_quantity
from mofang_spawner.environments.models import Project, Resources
from mofang_spawner.environments.quota import NAMES, read_quota
from mofang_spawner.start_queue.node_queue import has_suitable_node

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """The room for one environment in one project."""

    label: str
    """In two words."""

    text: str
    """What is free and what the project holds; empty where there is nothing to say."""

    is_free: bool = True
    """Whether a start gets its node at once."""


def read_availability(
    found: FreeCapacity | None, project: Project, wanted: Resources
) -> Availability:
    """Say whether a server of the default size has room, and what of the quota is left.

    Args:
        found: What the cluster has free; None as long as nobody knows.
        project: Where the server is to run.
        wanted: What the environment asks for.
    """
    if found is None:
        return Availability(label="", text="")
    amounts = {
        "cpu": parse_quantity(wanted.cpu.default),
        "memory": parse_quantity(wanted.memory.default),
        GPU_RESOURCE: Decimal(wanted.gpu.default),
    }
    amounts = {name: amount for name, amount in amounts.items() if amount}
    text = _text(found, project, requests_gpu=bool(wanted.gpu.max))
    if lacking := lacking_quota(found, project, amounts):
        return Availability(
            label=f"Quota of {lacking} used up", text=text, is_free=False
        )
    if GPU_RESOURCE in amounts and not found.gpus(project.pool)[1]:
        return Availability(label="No node has GPUs", text="", is_free=False)
    if not has_suitable_node(found, amounts, project.pool):
        return Availability(label="Waits for a node", text=text, is_free=False)
    return Availability(label="Available now", text=text)


def quota_left(found: FreeCapacity | None, project: Project) -> dict[str, Decimal]:
    """Return what a project may still ask for, where its quota says; never below 0."""
    quota = read_quota(found, project)
    left = {name: quota.left(name) for name in quota.limits}
    return {name: amount for name, amount in left.items() if amount is not None}


def lacking_quota(
    found: FreeCapacity | None, project: Project, amounts: Mapping[str, Decimal]
) -> str:
    """Return what the quota has too little of, as people say it; empty for nothing.

    Args:
        found: What the cluster has free; None as long as nobody knows.
        project: Whose quota it is.
        amounts: What is asked for, by resource name.
    """
    lacking = read_quota(found, project).lacking(amounts)
    return NAMES[lacking[0]] if lacking else ""


def _text(found: FreeCapacity, project: Project, *, requests_gpu: bool) -> str:
    quota = read_quota(found, project)
    held, limits = quota.held, quota.limits
    parts = []
    if requests_gpu:
        free, total = found.gpus(project.pool)
        parts.append(f"{free} of {total} GPUs free")
        names = [GPU_RESOURCE]
    else:
        names = ["cpu", "memory"]
    holds = [
        _share(name, held.get(name, _NONE), limits.get(name))
        for name in names
        if name in limits or (held.get(name) and requests_gpu)
    ]
    if holds:
        parts.append(f"{project.display_name} holds {', '.join(holds)}")
    return " · ".join(parts)


def _share(name: str, held: Decimal, limit: Decimal | None) -> str:
    scale, unit = (GIB, " GiB") if name == "memory" else (Decimal(1), "")
    if name == "cpu":
        unit = " cores"
    most = "" if limit is None else f" of {number(limit / scale)}"
    return f"{number(held / scale)}{most}{unit}"
