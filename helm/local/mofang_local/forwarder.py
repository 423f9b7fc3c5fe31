"""What forwards a port of this machine's loopback to the gateway."""

from pathlib import Path

_BACKLOG = 4096
"""Connections that may wait until they are accepted, as of ``listen(2)``.

socat's own five drop the connections of one browser that loads a page: each is tried
again a second later, then two, then four.
"""


def command(port: int, host: str, target_port: int) -> tuple[str, ...]:
    """Return the command line of a forwarder.

    Args:
        port: Of loopback, where it listens.
        host: An address of the gateway.
        target_port: The gateway's port there.
    """
    options = f"bind=127.0.0.1,fork,reuseaddr,backlog={_BACKLOG}"
    return "socat", f"TCP-LISTEN:{port},{options}", f"TCP:{host}:{target_port}"


def listens_on(pid: int, port: int) -> bool:
    """Whether this process is a forwarder of the port, of whatever version."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(each.startswith(b"TCP-LISTEN:%d," % port) for each in arguments)
