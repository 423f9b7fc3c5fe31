"""The sizes that a card offers: a slider and a number for each, within bounds. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import count

from mofang_hub.pages.link import Link
from mofang_kube.names import GPU_RESOURCE
from mofang_kube.quantities import parse_quantity
from mofang_spawner.environments.models import Bounds, Project, Resources
from mofang_spawner.options import LABELS

GIB = Decimal(1024**3)
_MOST_STEPS = 64
_FEW_GPUS = 16
_NEAR_LOW, _NEAR_HIGH = Decimal("0.95"), Decimal("1.3")
"""Of what is suggested: what is chosen within needs no other suggestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a size should be."""

    amount: Decimal
    """In the unit of the size."""

    reason: str
    """A sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """One amount that may be chosen, in cores, GiB or GPUs."""

    name: str
    """Of the field: ``cpu``, ``memory`` or ``gpu``."""

    low: Decimal
    high: Decimal
    """The environment's bound, or the project's quota if that is less."""

    default: Decimal
    value: Decimal
    """What is chosen; the default if nothing is."""

    given: str = ""
    """What is chosen, as it is sent; empty for the default."""

    fault: str = ""
    """What is wrong with it."""

    left: Decimal | None = None
    """What the project may still ask for; None without a quota."""

    advice: Advice | None = None
    """What earlier starts suggest; None as long as nobody knows."""

    @property
    def suggested(self) -> Decimal | None:
        """What is suggested in place of what is chosen; None where that is near."""
        if self.advice is None:
            return None
        amount = min(max(self.advice.amount, self.low), self.high)
        is_near = _NEAR_LOW * amount <= self.value <= _NEAR_HIGH * amount
        return None if is_near else amount

    @property
    def label(self) -> str:
        """What people call it."""
        return LABELS[self.name]

    @property
    def unit(self) -> str:
        """After a number."""
        return {"cpu": "cores", "memory": "GiB"}.get(self.name, "GPUs")

    @property
    def suffix(self) -> str:
        """What makes a quantity of the number."""
        return "Gi" if self.name == "memory" else ""

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose."""
        return self.low >= self.high

    @property
    def steps(self) -> list[Decimal]:
        """The slider's positions: round numbers, the bounds and the default."""
        found = {self.low, self.high, self.default}
        if self.name == "gpu" and self.high <= _FEW_GPUS:
            found |= {Decimal(each) for each in range(int(self.low), int(self.high))}
        else:
            found |= set(_round_numbers(self.low, self.high, whole=self.name == "gpu"))
        return sorted(each for each in found if self.low <= each <= self.high)

    @property
    def position(self) -> int:
        """Of the slider: that of the largest step that the value reaches."""
        reached = [each for each in self.steps if each <= self.value]
        return max(len(reached) - 1, 0)

    @property
    def hint(self) -> str:
        """What may be chosen."""
        if self.is_fixed:
            return say(self.low, self.unit)
        text = f"{number(self.low)} to {say(self.high, self.unit)}"
        if self.left is not None:
            text += f", {number(self.left)} left in the quota"
        return text


def read_sizes(
    resources: Resources,
    project: Project,
    values: Link,
    *,
    faults: Mapping[str, str],
    left: Mapping[str, Decimal],
    advice: Mapping[str, Advice] | None = None,
) -> tuple[Size, ...]:
    """Return what may be chosen for a server.

    Args:
        resources: The environment's.
        project: Whose quota counts.
        values: What is chosen already.
        faults: Field → what is wrong with its value.
        left: What the project may still ask for, by resource name.
        advice: Field → what it should be.
    """
    gpu = resources.gpu
    bounds = {
        "cpu": _amounts(resources.cpu, Decimal(1)),
        "memory": _amounts(resources.memory, GIB),
    }
    if gpu.max:
        bounds["gpu"] = (Decimal(gpu.min), Decimal(gpu.default), Decimal(gpu.max))
    found = []
    for name, (low, default, high) in bounds.items():
        scale = GIB if name == "memory" else Decimal(1)
        quota = project.quota.get(name)
        most = high if quota is None else min(high, parse_quantity(str(quota)) / scale)
        given = str(getattr(values, name))
        free = left.get(GPU_RESOURCE if name == "gpu" else name)
        found.append(
            Size(
                name=name,
                low=low,
                high=max(most, low),
                default=default,
                value=_read(given, scale, default),
                given=given,
                fault=faults.get(name, ""),
                left=None if free is None else free / scale,
                advice=(advice or {}).get(name),
            )
        )
    return tuple(found)


def lowest_amounts(sizes: Iterable[Size]) -> dict[str, Decimal]:
    """Return what a server of the least sizes asks for, by resource name.

    Args:
        sizes: What may be chosen; what is 0 is left out.
    """
    names = {"gpu": GPU_RESOURCE}
    return {
        names.get(each.name, each.name): each.low
        * (GIB if each.name == "memory" else 1)
        for each in sizes
        if each.low
    }


def next_memory(size: Size) -> Decimal | None:
    """Return twice the memory, as far as it may be; None where there is no more.

    Args:
        size: Of memory.
    """
    more = min(size.value * 2, size.high)
    return more if more > size.value else None


def number(amount: Decimal) -> str:
    """Say a number with two digits after the point at most, and none in vain."""
    text = f"{amount.quantize(Decimal('0.01'), rounding=ROUND_FLOOR):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def say(amount: Decimal, unit: str) -> str:
    """Say an amount with its unit: ``1 core``, ``1.5 GiB``."""
    if amount == 1 and unit.endswith("s"):
        unit = unit.removesuffix("s")
    return f"{number(amount)} {unit}"


def _amounts(bounds: Bounds, scale: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    low, high = bounds.min or bounds.default, bounds.max or bounds.default
    least, default, most = (
        parse_quantity(each) / scale for each in (low, bounds.default, high)
    )
    return least, default, most


def _read(given: str, scale: Decimal, default: Decimal) -> Decimal:
    try:
        return parse_quantity(given) / scale if given else default
    except ValueError:
        return default


def _round_numbers(low: Decimal, high: Decimal, *, whole: bool) -> list[Decimal]:
    """Return powers of two and the middles between them."""
    found: list[Decimal] = []
    for power in count(-4):
        two = Decimal(2) ** power
        if two > high or len(found) > _MOST_STEPS:
            return found
        found += [
            each
            for each in (two, two * Decimal("1.5"))
            if low <= each <= high and not (whole and each % 1)
        ]
    return found
