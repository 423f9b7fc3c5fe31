"""The nodes that jobs are admitted by, and which jobs none of them could take."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from mofang_jobs.domain.capacity import Empty, alike
from mofang_jobs.domain.capacity_warnings import unschedulable
from mofang_jobs.domain.models import JobSeen, Manifest


class KnownNodes:
    """Judges each waiting job by the nodes once, and anew when they change.

    Args:
        admit_unschedulable: Whether jobs are admitted that no node could take.
    """

    def __init__(self, *, admit_unschedulable: bool) -> None:
        self._admits = admit_unschedulable
        self._sentences: dict[tuple[str, str], str | None] = {}
        self.alike: list[Empty] = []
        """One of each kind of node."""

    def look(self, nodes: Iterable[Manifest]) -> None:
        """Take in all nodes of the cluster."""
        found = alike(nodes)
        if found != self.alike:
            self.alike = found
            self._sentences.clear()

    def unschedulable(self, seen: JobSeen, pool: str) -> str | None:
        """Return why a job is not admitted; None if the nodes are not in its way."""
        if self._admits:
            return None
        key = seen.uid, pool
        if key not in self._sentences:
            self._sentences[key] = unschedulable(seen.spec, pool, self.alike)
        return self._sentences[key]

    def keep(self, uids: Collection[str]) -> None:
        """Forget all other jobs."""
        gone = [key for key in self._sentences if key[0] not in uids]
        for key in gone:
            del self._sentences[key]
