"""Why a kubelet evicted a pod, by what it says of that. Pure.

A pod is evicted for what it wrote itself, beyond one of its own limits, or for the node
that ran low on something; the kubelet has the same reason, ``Evicted``, for both. The
texts are those of ``pkg/kubelet/eviction/helpers.go`` in Kubernetes.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from mofang_kube.ephemeral_storage import CACHE_VOLUME, usable_bytes
from mofang_kube.quantities import parse_quantity, readable_size

REASON = "Evicted"
"""Of a pod's status."""

_VOLUME = re.compile(r'Usage of EmptyDir volume "([^"]+)" exceeds the limit "([^"]+)"')
_CONTAINER = re.compile(r'exceeded its local ephemeral storage limit "([^"]+)"')
_POD = re.compile(
    r"Pod ephemeral local storage usage exceeds the total limit of containers (\S+)\."
)
_NODE = re.compile(r"The node (?:was low on resource|had condition): \[?([\w.-]*\w)")


class EvictionCause(StrEnum):
    """What a pod was evicted for."""

    CACHE = "cache"
    """It wrote more to ``/cache`` than its size."""

    TMP = "tmp"
    """Likewise to a server's ``/tmp``."""

    DISK = "disk"
    """A container wrote too much to its own disk, or all its disks together."""

    NODE = "node"
    """The node ran low on memory, disk or processes, by whomever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eviction:
    """An eviction that was understood."""

    cause: EvictionCause
    limit: str = ""
    """The pod's limit that was exceeded, a quantity; empty for ``NODE``."""

    resource: str = ""
    """What the node ran low on; empty for others."""

    @property
    def is_own(self) -> bool:
        """Whether the pod exceeded a limit of its own, as it would on any node."""
        return self.cause is not EvictionCause.NODE

    def describe(self, who: str, node: str) -> str:
        """Return what happened, in a sentence.

        Args:
            who: The replica, or ``The server``; begins the sentence.
            node: Where it ran.
        """
        match self.cause:
            case EvictionCause.CACHE:
                usable = readable_size(usable_bytes(self.limit))
                return (
                    f"{who} filled /cache and was evicted: {usable} of its "
                    f"{self._size} are usable, and it wrote more than that size."
                )
            case EvictionCause.TMP:
                return (
                    f"{who} filled /tmp and was evicted: it may write {self._size} "
                    "there."
                )
            case EvictionCause.DISK:
                return (
                    f"{who} was evicted: it wrote more than {self._size} to the "
                    "container's own disk."
                )
            case EvictionCause.NODE:
                return f"{who} was evicted: node {node} ran low on {self._scarce}."

    @property
    def _size(self) -> str:
        return readable_size(int(parse_quantity(self.limit)))

    @property
    def _scarce(self) -> str:
        words = {
            "ephemeral-storage": "disk",
            "DiskPressure": "disk",
            "inodes": "inodes of its disk",
            "MemoryPressure": "memory",
            "pids": "process ids",
            "PIDPressure": "process ids",
        }
        return words.get(self.resource, self.resource)


def read_eviction(reason: str, message: str) -> Eviction | None:
    """Read the status of a pod; None if it was not evicted, or for what is not known.

    Args:
        reason: Of the status.
        message: Likewise.
    """
    if reason != REASON:
        return None
    if found := _VOLUME.search(message):
        causes = {CACHE_VOLUME: EvictionCause.CACHE, "tmp": EvictionCause.TMP}
        return _own(causes.get(found[1], EvictionCause.DISK), found[2])
    if found := _CONTAINER.search(message) or _POD.search(message):
        return _own(EvictionCause.DISK, found[1])
    if found := _NODE.search(message):
        return Eviction(cause=EvictionCause.NODE, resource=found[1])
    return None


def _own(cause: EvictionCause, limit: str) -> Eviction | None:
    try:
        parse_quantity(limit)
    except ValueError:
        # Such as 1e9: Kubernetes accepts more forms than people write.
        return None
    return Eviction(cause=cause, limit=limit)
