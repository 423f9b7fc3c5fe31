"""What a job takes of a project's quota. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from mofang_api.models import JobSpec
from mofang_api.quantities import format_bytes, parse_quantity
from mofang_kube.ephemeral_storage import ContainerDisk
from mofang_kube.names import GPU_RESOURCE

CPU = "requests.cpu"
MEMORY = "requests.memory"
MEMORY_LIMIT = "limits.memory"
DISK_LIMIT = "limits.ephemeral-storage"
GPU = f"requests.{GPU_RESOURCE}"
PODS = "pods"

Amounts = Mapping[str, Decimal]
"""Amount by the quota's name of the resource: cores, bytes, pieces."""

_NO_DISK = ContainerDisk()
Disks = Mapping[str, ContainerDisk]
"""What a replica gets of its node's disk, by role."""
NO_DISKS: Disks = MappingProxyType({})

# The Training Operator gives an MPIJob's launcher an init container that asks for
# this much; Kubernetes counts the greater of both.
_INIT_CPU = Decimal("0.1")
_INIT_MEMORY = Decimal(512 * 1024**2)


def resource_requests(
    spec: JobSpec,
    replicas: Mapping[str, int] | None = None,
    *,
    disks: Disks = NO_DISKS,
) -> dict[str, Decimal]:
    """Return what replicas of a job take together.

    Args:
        spec: The job.
        replicas: How many of each role count; None for all.
        disks: What a replica of each role gets of its node's disk.
    """
    total = dict.fromkeys(
        (CPU, MEMORY, MEMORY_LIMIT, DISK_LIMIT, GPU, PODS), Decimal(0)
    )
    declaration = spec.framework.declaration
    for role in spec.resolved_roles():
        count = role.replicas if replicas is None else replicas.get(role.name, 0)
        cpu = parse_quantity(role.resources.cpu)
        memory = parse_quantity(role.resources.memory)
        if declaration.uses_mpirun and role.name == declaration.leader:
            cpu, memory = max(cpu, _INIT_CPU), max(memory, _INIT_MEMORY)
        total[CPU] += count * cpu
        total[MEMORY] += count * memory
        total[MEMORY_LIMIT] += count * memory
        total[DISK_LIMIT] += count * disks.get(role.name, _NO_DISK).limit
        total[GPU] += count * role.resources.gpu
        total[PODS] += count
    return total


def add(total: dict[str, Decimal], amounts: Amounts) -> None:
    """Add amounts to a total."""
    for name, amount in amounts.items():
        total[name] = total.get(name, Decimal(0)) + amount


def requests_gpu(spec: JobSpec) -> bool:
    """Say whether some replica of a job needs a node with GPUs."""
    return any(role.resources.gpu for role in spec.resolved_roles())


def shortfall(requested: Amounts, hard: Amounts, used: Amounts) -> list[str]:
    """Return which resources leave no room for a demand, as parts of a sentence.

    Args:
        requested: What is asked for.
        hard: What the project may use; a resource that is not there has no limit.
        used: What is in use.
    """
    parts = []
    for name, asked in requested.items():
        if name not in hard or not asked or used.get(name, 0) + asked <= hard[name]:
            continue
        if name == MEMORY_LIMIT and MEMORY in hard:
            continue
        free = max(hard[name] - used.get(name, Decimal(0)), Decimal(0))
        parts.append(
            f"{_shown(name, asked)}, and {_number(name, free)} of "
            f"{_shown(name, hard[name])} {'is' if free == 1 else 'are'} free"
        )
    return parts


def _shown(name: str, amount: Decimal) -> str:
    match name:
        case "requests.cpu":
            return f"{_plain(amount)} cores"
        case "pods":
            return f"{_plain(amount)} pods"
        case name if name.endswith("memory"):
            return f"{format_bytes(int(amount))} of memory"
        case name if name == DISK_LIMIT:
            return f"{format_bytes(int(amount))} of local disk"
        case _:
            return f"{_plain(amount)} GPUs"


def _number(name: str, amount: Decimal) -> str:
    is_bytes = name.endswith("memory") or name == DISK_LIMIT
    return format_bytes(int(amount)) if is_bytes else _plain(amount)


def _plain(amount: Decimal) -> str:
    is_whole = amount == amount.to_integral()
    return str(amount.quantize(1) if is_whole else amount.normalize())
