"""Sizes within an environment's bounds. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from mofang_kube.ephemeral_storage import EphemeralStorage, usable_bytes
from mofang_kube.errors import InvalidError
from mofang_kube.quantities import parse_quantity
from mofang_spawner.environments.models import Bounds, Resources
from mofang_spawner.options import LABELS, ServerOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """The settled machine of one server, in Kubernetes' quantities."""

    cpu: str
    cpu_limit: str
    memory: str
    gpu: int
    cache: str = ""
    """Size of ``/cache``; empty where there is none."""

    @property
    def cache_usable_bytes(self) -> int:
        """What may be written to ``/cache``; 0 where there is none."""
        return usable_bytes(self.cache)


_DEFAULT_STORAGE = EphemeralStorage()
_SIZES = "for example 512Mi or 4Gi"
_EXAMPLES = {"cpu": "for example 2 or 500m"}


def _amount(field: str, text: str) -> Decimal:
    try:
        return parse_quantity(text)
    except ValueError as err:
        example = _EXAMPLES.get(field, _SIZES)
        raise InvalidError(
            f"{LABELS[field]}: {text} is not a quantity. Write {example}.",
            fields={field: f"Not a quantity. Write {example}."},
        ) from err


def _outside(field: str, asked: object, low: object, high: object) -> InvalidError:
    return InvalidError(
        f"{LABELS[field]}: {asked} is outside what this environment allows. "
        f"Ask for {low} to {high}.",
        fields={field: f"Must be from {low} to {high}."},
    )


def _within(field: str, asked: str | None, bounds: Bounds) -> str:
    if asked is None:
        return bounds.default
    amount = _amount(field, asked)
    low = bounds.min or bounds.default
    high = bounds.max or bounds.default
    if not _amount(field, low) <= amount <= _amount(field, high):
        raise _outside(field, asked, low, high)
    return asked


def resolve_sizes(
    resources: Resources,
    options: ServerOptions,
    storage: EphemeralStorage = _DEFAULT_STORAGE,
) -> Sizes:
    """What the server gets: the user's options, checked, or the defaults.

    Args:
        resources: The environment's.
        options: What the user chose.
        storage: The sizes of ``/cache``.

    Raises:
        InvalidError: A size is outside the environment's bounds.
    """
    gpu = resources.gpu.default if options.gpu is None else options.gpu
    if not resources.gpu.min <= gpu <= resources.gpu.max:
        raise _outside("gpu", gpu, resources.gpu.min, resources.gpu.max)
    cpu = _within("cpu", options.cpu, resources.cpu)
    limit = resources.cpu.limit or resources.cpu.max or cpu
    if _amount("cpu", limit) < _amount("cpu", cpu):
        limit = cpu
    memory = _within("memory", options.memory, resources.memory)
    return Sizes(
        cpu=cpu,
        cpu_limit=limit,
        memory=memory,
        gpu=gpu,
        cache=storage.cache_size(
            cpu=cpu, memory=memory, gpu=gpu, own=resources.cache_default
        ),
    )
