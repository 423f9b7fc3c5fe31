"""What Spark and Ray share: workers that serve one head until it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from mofang_run.job.replica import ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.network.peers import listens
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LONGER, Wait, wait_until

HEAD_LIMIT_SECONDS = 900.0
"""The head installs its packages before it listens."""

START_LIMIT_SECONDS = 600.0
"""How long its services may take to start, on a machine that is busy with others."""

GONE_SECONDS = 10.0
"""How long a head may be out of reach before it counts as gone."""


@dataclass(frozen=True)
class Head:
    """Where the workers find the replica that they serve."""

    role: str
    host: str
    port: int

    health_port: int
    """Where to see whether it is there. A port whose service logs each caller is none
    to call every second."""

    @property
    def address(self) -> str:
        """Host and port, as programs take them."""
        return f"{self.host}:{self.port}"


def head_of(
    settings: RunSettings, role: str, port: int, health_port: int | None = None
) -> Head:
    """Return the head of a job.

    Args:
        settings: Of this replica.
        role: The head's.
        port: Where it listens, unless the platform says otherwise.
        health_port: Where to see whether it is there; None for the same.

    Raises:
        RefusalError: The platform does not name it.
    """
    host = settings.master or settings.host(role, 0)
    if not host:
        raise RefusalError(
            f"MOFANG_LEADER_HOST must name the host of {role}-0.", WRONG_SETTINGS
        )
    listening = settings.master_port or port
    return Head(role, host, listening, health_port or listening)


def wait_for_head(replica: ReplicaContext, head: Head) -> None:
    """Return once the head listens.

    Raises:
        PeerNotFoundError: It did not in time.
        StoppedError: We were told to end meanwhile.
    """
    wait = Wait(
        what=lambda: f"{head.role}-0 to listen at {head.address}",
        advice=f"Look at the state and the log of {head.role}-0. {LONGER}",
        limit_seconds=replica.settings.wait_limit(HEAD_LIMIT_SECONDS),
    )
    wait_until(
        lambda: listens(head.host, head.health_port),
        wait,
        replica.signals,
        replica.output,
    )


def wait_for_start(
    replica: ReplicaContext, name: str, is_up: Callable[[], bool]
) -> None:
    """Return once a service of this replica has started.

    Args:
        replica: This one.
        name: What its lines in the log are marked with.
        is_up: Tells whether it has, or raises.

    Raises:
        PeerNotFoundError: It did not in time.
        StoppedError: We were told to end meanwhile.
    """
    wait = Wait(
        what=lambda: f"{name} to start",
        advice=f"If no line of [{name.lower()}] says why it did not, the machine is "
        f"probably busy: ask for more CPU. {LONGER}",
        limit_seconds=replica.settings.wait_limit(START_LIMIT_SECONDS),
    )
    wait_until(is_up, wait, replica.signals, replica.output)


class HeadWatch:
    """Tells when the head is gone, which is when a worker's work is done."""

    def __init__(self, replica: ReplicaContext, head: Head) -> None:
        self._replica = replica
        self._head = head
        self._answered_at = time.monotonic()

    def is_over(self) -> bool:
        """Tell whether the head has been out of reach for a while."""
        head, now = self._head, time.monotonic()
        if listens(head.host, head.health_port, timeout_seconds=1.0):
            self._answered_at = now
        if now - self._answered_at < GONE_SECONDS:
            return False
        self._replica.output.say(f"{head.role}-0 has ended, and so does its cluster.")
        return True
