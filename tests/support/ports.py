"""Ports of this machine's loopback."""

import random
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST = 10_000


def is_open(port: int) -> bool:
    """Whether something listens on this port of the loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nothing listens on now, nor soon by chance.

    The kernel gives ports of its range to every connection and to every test server
    beside this one; one of that range might be taken before it is used.
    """
    end = int(_EPHEMERAL.read_text().split()[0])
    while True:
        port = random.randrange(_FIRST, end)
        with socket.socket() as found:
            try:
                found.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
