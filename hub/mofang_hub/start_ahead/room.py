"""Whether a node has room for a server now. Pure."""

from __future__ import annotations

from mofang_kube.free_capacity import FreeCapacity
from mofang_kube.names import GPU_RESOURCE
from mofang_kube.placement import PlacementRequest, build_placement
from mofang_kube.quantities import parse_quantity
from mofang_spawner.plan import SpawnPlan


def has_room(found: FreeCapacity | None, plan: SpawnPlan) -> bool:
    """Say whether a node has room for a server; not as long as nobody knows.

    Args:
        found: What the cluster has free; None as long as nobody knows.
        plan: Of the server.
    """
    if found is None:
        return False
    sizes = plan.sizes
    amounts = {
        "cpu": parse_quantity(sizes.cpu),
        "memory": parse_quantity(sizes.memory),
        GPU_RESOURCE: parse_quantity(str(sizes.gpu)),
    }
    placement = build_placement(
        PlacementRequest(requests_gpu=sizes.gpu > 0, pool=plan.project.pool),
        found.kinds,
    )
    amounts = {name: amount for name, amount in amounts.items() if amount}
    return bool(found.count_suitable_nodes(amounts, placement))
