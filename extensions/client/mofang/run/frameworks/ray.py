"""Ray: a cluster for the time of the job; its head runs the script."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mofang.run.addresses import own_address
from mofang.run.child import run_child
from mofang.run.endings import NOT_FOUND, RefusalError, StoppedError
from mofang.run.frameworks.service import HeadWatch, head_of, wait_for_head
from mofang.run.limits import cores
from mofang.run.output import MarkedOutput
from mofang.run.program import Program, check_program
from mofang.run.replica import Launch, Replica

HEAD = "head"
DEFAULT_PORT = 6379
START_FAILED = 1

_RAY = (sys.executable, "-m", "ray.scripts.scripts")


@contextmanager
def launch(replica: Replica, program: Program) -> Iterator[Launch]:
    """Run the script beside the head of a cluster, or serve it."""
    if importlib.util.find_spec("ray") is None:
        raise RefusalError(
            f"Ray is not installed for {sys.executable}. Choose an image that has it, "
            "such as that of the environment ray.",
            NOT_FOUND,
        )
    replica.environment.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = own_address().ip
    if replica.settings.role == HEAD:
        check_program(program)
        port = replica.settings.master_port or DEFAULT_PORT
        if _run(replica, head_arguments(address, port)):
            raise RefusalError(
                "Ray could not be started; the lines of [ray] say why.", START_FAILED
            )
        try:
            yield Launch(program.arguments(), {"RAY_ADDRESS": "auto"})
        finally:
            _run(replica, [*_RAY, "stop", "--force"], is_last=True)
    else:
        head = head_of(replica.settings, HEAD, DEFAULT_PORT)
        wait_for_head(replica, head)
        yield Launch(
            worker_arguments(address, str(head)),
            is_over=HeadWatch(replica, head).is_over,
        )


def head_arguments(ip: str, port: int) -> list[str]:
    """Return how the head's services are started; they go on in the background."""
    return [
        *(*_RAY, "start", "--head", "--node-ip-address", ip, "--port", str(port)),
        *("--num-cpus", str(cores()), "--include-dashboard", "false"),
        *("--disable-usage-stats",),
    ]


def worker_arguments(ip: str, head: str) -> list[str]:
    """Return how a worker serves the head, until it is ended."""
    return [
        *(*_RAY, "start", "--address", head, "--node-ip-address", ip),
        *("--num-cpus", str(cores()), "--disable-usage-stats", "--block"),
    ]


def _run(replica: Replica, arguments: Sequence[str], *, is_last: bool = False) -> int:
    output = MarkedOutput(replica.output, "ray")
    try:
        status = run_child(arguments, replica.environment, replica.signals, output)
    except OSError as error:
        raise RefusalError(f"Ray cannot be started: {error}.", START_FAILED) from error
    output.flush()
    number = replica.signals.stopped_by
    if number is not None and not is_last:
        raise StoppedError(number)
    return status
