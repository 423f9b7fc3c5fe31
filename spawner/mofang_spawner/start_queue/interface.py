"""What a queue of starts offers, whoever decides in it.

``ProjectStartQueue`` decides by the projects' quotas. Kueue can take its part: entering
makes a Workload with the request's amounts, ``positions`` follows its conditions and
its position in the LocalQueue, ``refuse`` deactivates it for a while, and leaving
deletes it.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from mofang_spawner.environments.models import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What one server asks for."""

    project: Project
    amounts: Mapping[str, Decimal]
    """By resource name, without what is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPosition:
    """Where a start stands in its queue, and why it does not go on."""

    position: int
    """1 for the next."""

    length: int
    reason: str
    """What it waits for, as a message for its person."""


class QueuedStart(Protocol):
    """One start, from its request until its server runs or never will."""

    def positions(self) -> AsyncGenerator[StartPosition]:
        """Yield each position that differs from the last; end once it is admitted.

        From then on what it asks for is reserved.
        """

    def refuse(self, reason: str) -> None:
        """Note that Kubernetes refused the pod of an admitted start.

        ``positions`` has to be asked again; the start keeps its age.
        """

    def record_pod(self, uid: str) -> None:
        """Note that the pod is there, and counts by itself."""


class StartQueue(Protocol):
    """Where starts wait. Starts of one project never hold up those of another."""

    def enter(self, request: StartRequest) -> AbstractContextManager[QueuedStart]:
        """Add a start behind the others of its project.

        Leaving the context, which is entered until the server answers or its start has
        failed, takes it out and gives back what was reserved.

        Raises:
            QuotaError: It asks for more than the project's whole quota.
        """
