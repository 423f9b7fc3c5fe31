"""Read objects of the cluster once, however often they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import LRUCache

from mofang_jobs.domain.models import Manifest

V = TypeVar("V")


class Memo(Generic[V]):
    """Remembers what was made of the last version of each object.

    A version is known by its identity: a watch puts a new one in the place of an old
    one and changes none. Used by the event loop alone.

    Args:
        read: Makes something of an object.
        maximum: Of how many objects it is kept.
    """

    def __init__(self, read: Callable[[Manifest], V], *, maximum: int) -> None:
        self._read = read
        self._kept: LRUCache[str, tuple[Manifest, V]] = LRUCache(maximum)

    def __call__(self, obj: Manifest) -> V:
        """Return what is made of an object."""
        uid = obj["metadata"]["uid"]
        kept = self._kept.get(uid)
        if kept is not None and kept[0] is obj:
            return kept[1]
        result = self._read(obj)
        self._kept[uid] = obj, result
        return result
