"""Read objects of the cluster once, however often they are asked for."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
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


class ListMemo(Generic[V]):
    """Remembers what was made of a list of objects until one of them is another.

    Args:
        read: Makes something of all objects.
    """

    def __init__(self, read: Callable[[Sequence[Manifest]], V]) -> None:
        self._read = read
        self._kept: tuple[Sequence[Manifest], V] | None = None

    def __call__(self, objects: Sequence[Manifest]) -> V:
        """Return what is made of the objects; their order counts."""
        if self._kept is not None:
            before, result = self._kept
            if len(before) == len(objects) and all(map(operator.is_, before, objects)):
                return result
        result = self._read(objects)
        self._kept = objects, result
        return result
