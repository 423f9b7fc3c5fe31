"""What a container of a server or job may write to its node's disk. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from mofang_kube.quantities import parse_quantity

RESOURCE = "ephemeral-storage"
CACHE_VOLUME = "cache"
CACHE_PATH = "/cache"
CACHE_USABLE = Decimal("0.9")
"""Of the size of ``/cache``. The rest is a margin: the kubelet measures a volume about
once a minute, and evicts the pod when it is over the size."""

_Quantity = Annotated[
    str,
    # YAML reads some as numbers.
    BeforeValidator(lambda v: str(v) if type(v) in {int, float} else v),
    Field(pattern=r"^(\d+|\d*\.\d+)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"),
]


def usable_bytes(size: str) -> int:
    """Return what may be written to a ``/cache`` of a size.

    Args:
        size: A quantity; empty where there is no ``/cache``.
    """
    return int(parse_quantity(size) * CACHE_USABLE) if size else 0


def cache_variables(usable: int) -> dict[str, str]:
    """Return the variables that tell a container of its ``/cache``.

    Args:
        usable: What may be written to it, in bytes; 0 where there is none, and what
            would be kept in it goes to ``/tmp``.
    """
    if usable:
        return {"MOFANG_CACHE_BYTES": str(usable)}
    return {"MOFANG_CACHE_DIRECTORY": "/tmp"}  # noqa: S108 - in the pod


class ContainerDisk(BaseModel):
    """What one container gets of its node's disk, in bytes."""

    model_config = ConfigDict(frozen=True)

    request: NonNegativeInt = 0
    """What the scheduler reserves, ``/cache`` included."""

    limit: NonNegativeInt = 0
    """What it may write, ``/cache`` included; 0 for no limit."""

    cache: NonNegativeInt = 0
    """Size of ``/cache``; 0 where there is none."""

    @property
    def cache_usable(self) -> int:
        """What may be written to ``/cache``."""
        return usable_bytes(str(self.cache))


class CacheFlavour(BaseModel):
    """The size of ``/cache`` of containers that ask for some amounts or more."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: _Quantity = "0"
    memory: _Quantity = "0"
    gpu: NonNegativeInt = 0
    size: _Quantity
    """0 for no ``/cache``."""

    @property
    def minima(self) -> tuple[Decimal, Decimal, Decimal]:
        """The least amounts of CPU, memory and GPUs."""
        return parse_quantity(self.cpu), parse_quantity(self.memory), Decimal(self.gpu)


class EphemeralStorage(BaseModel):
    """Amounts that are the same for all containers, and the sizes of ``/cache``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: _Quantity = "100Mi"
    """What is kept free for a container, beside ``/cache``."""

    limit: _Quantity = "10Gi"
    """What it may write to its own disk, its log and ``/tmp``; with more it is
    evicted. ``/cache`` comes on top."""

    tmp: _Quantity = "5Gi"
    """Of ``limit``, what ``/tmp`` of a server may take."""

    cache: tuple[CacheFlavour, ...] = (CacheFlavour(size="5Gi"),)
    """The first whose amounts a container asks for counts; one that asks for less than
    each of them has no ``/cache``."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        limit = parse_quantity(self.limit)
        for name, amount in (("request", self.request), ("tmp", self.tmp)):
            if parse_quantity(amount) > limit:
                raise ValueError(
                    f"ephemeralStorage.{name} ({amount}) is more than "
                    f"ephemeralStorage.limit ({self.limit})."
                )
        return self

    @model_validator(mode="after")
    def _reach_each_flavour(self) -> Self:
        for index, later in enumerate(self.cache):
            for before, earlier in enumerate(self.cache[:index]):
                pairs = zip(earlier.minima, later.minima, strict=True)
                if all(least <= amount for least, amount in pairs):
                    raise ValueError(
                        f"ephemeralStorage.cache[{index}] is never used: "
                        f"ephemeralStorage.cache[{before}] matches whatever it does. "
                        "Put larger amounts first."
                    )
        return self

    def cache_size(
        self, *, cpu: str, memory: str, gpu: int, own: str | None = None
    ) -> str:
        """Return the size of ``/cache`` of a container; empty for none.

        Args:
            cpu: Cores that a container asks for, a quantity.
            memory: Bytes, likewise.
            gpu: GPUs.
            own: Size of the environment, which goes before all; None where it has none.
        """
        if own is not None:
            return _without_zero(own)
        asked = parse_quantity(cpu), parse_quantity(memory), Decimal(gpu)
        for flavour in self.cache:
            pairs = zip(flavour.minima, asked, strict=True)
            if all(least <= amount for least, amount in pairs):
                return _without_zero(flavour.size)
        return ""

    def disk(self, cache: str, more: int = 0) -> ContainerDisk:
        """Return what a container gets.

        Args:
            cache: Size of its ``/cache``; empty for none.
            more: Bytes of another volume of its own.
        """
        size = parse_quantity(cache) if cache else Decimal(0)
        return ContainerDisk(
            request=int(parse_quantity(self.request) + size) + more,
            limit=int(parse_quantity(self.limit) + size) + more,
            cache=int(size),
        )


def _without_zero(size: str) -> str:
    # An emptyDir with a limit of 0 has no limit.
    return size if parse_quantity(size) > 0 else ""


def usable_caches(disks: Mapping[str, ContainerDisk]) -> dict[str, int]:
    """Return what may be written to ``/cache`` by role, where there is one."""
    return {role: disk.cache_usable for role, disk in disks.items() if disk.cache}


_DISKS = TypeAdapter(dict[str, ContainerDisk])


def write_disks(disks: Mapping[str, ContainerDisk]) -> str:
    """Return the disks of a job's roles as its annotation has them."""
    return _DISKS.dump_json(dict(disks)).decode()


def read_disks(text: str) -> dict[str, ContainerDisk]:
    """Read the disks of a job's roles; none where the annotation is not ours."""
    try:
        return _DISKS.validate_json(text) if text else {}
    except ValidationError:
        return {}
