"""Wait until the names of other replicas are known.

Replicas start in any order, and a name that does not resolve yet ends many frameworks
at once; so the waiting is done here, bounded and with lines that say so.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence

from mofang_run.process.output import ReplicaOutput
from mofang_run.process.signals import SignalPipe
from mofang_run.process.waiting import LIMIT_SECONDS, LONGER, Wait, wait_until

NAMED = 3
"""How many names a sentence holds."""


def wait_for_names(
    hosts: Mapping[str, str],
    signals: SignalPipe,
    output: ReplicaOutput,
    *,
    limit_seconds: float = LIMIT_SECONDS,
    resolves: Callable[[str], bool] | None = None,
) -> None:
    """Return once every host resolves.

    Args:
        hosts: Host name by replica, such as ``{"worker-0": "train-x1y2z3-worker-0"}``.
        signals: What may end the waiting.
        output: Where it is told.
        limit_seconds: How long to wait at most.
        resolves: Tells whether a name is known.

    Raises:
        PeerNotFoundError: One did not within the limit.
        StoppedError: We were told to end meanwhile.
    """
    knows = resolves or is_known
    unknown = dict(hosts)

    def are_known() -> bool:
        for replica, host in list(unknown.items()):
            if knows(host):
                del unknown[replica]
        return not unknown

    def what() -> str:
        names = [f"{host} ({replica})" for replica, host in list(unknown.items())]
        return f"{name_some(names)} to be known"

    wait_until(
        are_known,
        Wait(
            what=what,
            advice="It did not start, or the cluster's DNS does not answer; look at "
            f"its state and its log. {LONGER}",
            limit_seconds=limit_seconds,
        ),
        signals,
        output,
    )


def name_some(names: Sequence[str]) -> str:
    """Return the first few names for a sentence, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def is_known(host: str) -> bool:
    """Tell whether a host name resolves."""
    try:
        socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return True


def listens(host: str, port: int, *, timeout_seconds: float = 2.0) -> bool:
    """Tell whether somebody accepts connections there.

    Args:
        host: Name or address.
        port: TCP port.
        timeout_seconds: Maximum time for the connection.
    """
    try:
        socket.create_connection((host, port), timeout=timeout_seconds).close()
    except (OSError, UnicodeError):
        return False
    return True
