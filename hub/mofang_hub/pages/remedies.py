"""The button that helps after a failure. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mofang_hub.pages.sizes import Size, next_memory, number, say
from mofang_spawner import server_failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A button, or a sentence where none helps."""

    reason: str
    """Of the failure that it helps after."""

    label: str = ""
    """On the button; empty for a sentence alone."""

    fields: Mapping[str, str] = field(default_factory=dict)
    """What the start takes in place of what was chosen."""

    leads_to_gallery: bool = False
    """Whether the button chooses another environment, and starts nothing."""

    note: str = ""
    """What to do where there is no button, or beside it."""


QUEUED = "queued"
"""What a start is that waits for its turn; no failure."""

_ALWAYS = {
    server_failure.CACHE_FULL: Remedy(
        reason=server_failure.CACHE_FULL, label="Start with an empty /cache"
    ),
    server_failure.EVICTED: Remedy(reason=server_failure.EVICTED, label="Start again"),
    server_failure.IMAGE: Remedy(
        reason=server_failure.IMAGE,
        label="Choose another environment",
        leads_to_gallery=True,
    ),
    server_failure.QUEUE_TIMEOUT: Remedy(
        reason=server_failure.QUEUE_TIMEOUT, label="Queue it again"
    ),
    server_failure.INTERRUPTED: Remedy(
        reason=server_failure.INTERRUPTED, label="Start again"
    ),
}
"""What helps whatever the sizes are."""


def find_remedy(reason: str, sizes: Sequence[Size]) -> Remedy | None:
    """Return what helps; None where nothing does but trying again.

    Args:
        reason: Of the failure.
        sizes: What may be chosen for the server, and what it had.
    """
    match reason:
        case server_failure.MEMORY:
            return _more_memory(sizes)
        case server_failure.QUOTA:
            return less(reason, sizes) or Remedy(
                reason=reason,
                label="Show your servers",
                leads_to_gallery=True,
                note="Stop a server or a job of the project that is not needed.",
            )
        case server_failure.TIMEOUT:
            return less(reason, sizes)
        case _:
            return _ALWAYS.get(reason)


def all_remedies(sizes: Sequence[Size]) -> list[Remedy]:
    """Return what helps after each failure, for a page that follows a start."""
    reasons = (
        server_failure.MEMORY,
        server_failure.QUOTA,
        server_failure.TIMEOUT,
        *_ALWAYS,
    )
    found = (find_remedy(reason, sizes) for reason in reasons)
    return [each for each in found if each]


def _more_memory(sizes: Sequence[Size]) -> Remedy:
    memory = next(each for each in sizes if each.name == "memory")
    more = next_memory(memory)
    if more is None:
        return Remedy(
            reason=server_failure.MEMORY,
            note=f"{say(memory.high, memory.unit)} is the most that it may have. "
            "Choose an environment with more memory, or work on less data at a time.",
        )
    return Remedy(
        reason=server_failure.MEMORY,
        label=f"Restart with {say(more, memory.unit)}",
        fields={memory.name: _quantity(memory, more)},
    )


def less(reason: str, sizes: Sequence[Size]) -> Remedy | None:
    """Return the least sizes, if they are less than those asked for, and in the quota.

    Args:
        reason: Why they help.
        sizes: What may be chosen for the server, and what it had.
    """
    if not any(each.low < each.value for each in sizes):
        return None
    if any(each.left is not None and each.low > each.left for each in sizes):
        return None
    said = ", ".join(say(each.low, each.unit) for each in sizes if each.low)
    return Remedy(
        reason=reason,
        label=f"Start with less: {said}",
        fields={each.name: _quantity(each, each.low) for each in sizes},
    )


def _quantity(size: Size, amount: Decimal) -> str:
    # Exact where two digits are not: Kubernetes reads up to three.
    text = number(amount) if Decimal(number(amount)) == amount else f"{amount:f}"
    return f"{text}{size.suffix}"
