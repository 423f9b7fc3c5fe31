"""What Spark and Ray share: workers that serve one head until it is gone."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mofang.run.endings import WRONG_SETTINGS, RefusalError
from mofang.run.rendezvous import listens
from mofang.run.replica import Replica
from mofang.run.settings import RunSettings
from mofang.run.waiting import Wait, wait_until

HEAD_LIMIT_SECONDS = 900.0
"""The head installs its packages before it listens."""

GONE_SECONDS = 10.0
"""How long a head may be out of reach before it counts as gone."""


@dataclass(frozen=True)
class Head:
    """Where the workers find the replica that they serve."""

    role: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Host and port, as programs take them."""
        return f"{self.host}:{self.port}"


def head_of(settings: RunSettings, role: str, port: int) -> Head:
    """Return the head of a job.

    Raises:
        RefusalError: The platform does not name it.
    """
    host = settings.master or settings.host(role, 0)
    if not host:
        raise RefusalError(
            f"MOFANG_MASTER must name the host of {role}-0.", WRONG_SETTINGS
        )
    return Head(role, host, settings.master_port or port)


def wait_for_head(replica: Replica, head: Head) -> None:
    """Return once the head listens.

    Raises:
        PeerNotFoundError: It did not in time.
        StoppedError: We were told to end meanwhile.
    """
    wait = Wait(
        what=lambda: f"{head.role}-0 to listen at {head.address}",
        advice=f"Look at the state and the log of {head.role}-0.",
        limit_seconds=HEAD_LIMIT_SECONDS,
    )
    wait_until(
        lambda: listens(head.host, head.port), wait, replica.signals, replica.output
    )


class HeadWatch:
    """Tells when the head is gone, which is when a worker's work is done."""

    def __init__(self, replica: Replica, head: Head) -> None:
        self._replica = replica
        self._head = head
        self._seen = time.monotonic()

    def is_over(self) -> bool:
        """Tell whether the head has been out of reach for a while."""
        head, now = self._head, time.monotonic()
        if listens(head.host, head.port, patience_seconds=1.0):
            self._seen = now
        if now - self._seen < GONE_SECONDS:
            return False
        self._replica.output.say(f"{head.role}-0 has ended, and so does its cluster.")
        return True
