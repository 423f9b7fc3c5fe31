"""Names of terminals: which container of which job."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(
    r"(?P<job>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
    r":(?P<role>[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?)"
    r":(?P<index>[0-9]{1,5})"
)


@dataclass(frozen=True, slots=True)
class ReplicaName:
    """One container of a job, as the browser names its terminal."""

    job: str
    role: str
    index: int

    @classmethod
    def parse(cls, name: str) -> ReplicaName | None:
        """Return the container meant by ``<job id>:<role>:<index>``, or None."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        return cls(match["job"], match["role"], int(match["index"]))
