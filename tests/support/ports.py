"""Ports of this machine's loopback."""

import socket


def is_open(port: int) -> bool:
    """Whether something listens on this port of the loopback."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
