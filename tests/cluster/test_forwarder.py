"""The one-machine platform's forwarder, while many connections come at once."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mofang_local import forwarder
from mofang_local.addons import NODE_PORT
from mofang_local.network import CPU_NODE
from support.eventually import eventually
from support.ports import free_port, is_open

CONNECTIONS = 200
_LISTENS = "0A"
"""TCP_LISTEN, as /proc/net/tcp shows it."""


@pytest.fixture
def port() -> Iterator[int]:
    """A port whose forwarder accepts nothing until it is continued."""
    port = free_port()
    command = forwarder.command(port, CPU_NODE.address, NODE_PORT)
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: is_open(port), within=10, what="the forwarder")
            eventually(lambda: _waiting(port) == 0, within=10, what="accepted")
            os.kill(process.pid, signal.SIGSTOP)
            yield port
        finally:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()


def _waiting(port: int) -> int:
    """How many connections wait until they are accepted."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if state == _LISTENS and int(local.rpartition(":")[2], 16) == port:
            return int(queues.partition(":")[2], 16)
    raise AssertionError(f"nothing listens on {port}")


def test_a_burst_of_connections_waits_and_is_not_dropped(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            each = stack.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))

        eventually(lambda: _waiting(port) == CONNECTIONS, within=10, what="all wait")
