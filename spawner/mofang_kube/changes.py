"""Changes of objects that wait for a subscriber, the last one of each object."""

from __future__ import annotations

import asyncio
from typing import Any, Literal, NamedTuple

Manifest = dict[str, Any]
ChangeType = Literal["ADDED", "MODIFIED", "DELETED"]


class Change(NamedTuple):
    """One change of one object."""

    type: ChangeType
    object: Manifest


class CoalescingQueue:
    """What one subscriber has not taken yet.

    However slow it is, no more waits than there are objects: a change takes the
    place of an earlier one of the same object.
    """

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str, str], Change] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, change: Change) -> None:
        """Add a change, at the place of one of the same object if that still waits."""
        metadata = change.object["metadata"]
        # An object made again under an old name is another one.
        key = (
            metadata.get("namespace", ""),
            metadata["name"],
            metadata.get("uid", ""),
        )
        earlier = self._waiting.get(key)
        if earlier and earlier.type == "ADDED" and change.type == "MODIFIED":
            change = Change("ADDED", change.object)
        self._waiting[key] = change
        self._filled.set()

    async def take(self) -> Change:
        """Return the oldest change; waits for one."""
        await self._filled.wait()
        key = next(iter(self._waiting))
        change = self._waiting.pop(key)
        if not self._waiting:
            self._filled.clear()
        return change
