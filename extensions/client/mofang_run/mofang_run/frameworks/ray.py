"""Ray: a cluster for the time of the job; its head runs the script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mofang_run.frameworks import ray_join
from mofang_run.frameworks.service import (
    HeadWatch,
    head_of,
    wait_for_head,
    wait_for_start,
)
from mofang_run.frameworks.shared_secret import await_secret, created_secret
from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.interpreter import Interpreter
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.network.addresses import own_address
from mofang_run.network.peers import listens
from mofang_run.process.cgroup import cores
from mofang_run.process.exit_codes import NOT_FOUND, RefusalError
from mofang_run.process.sidecar import Sidecar

DECLARATION = FRAMEWORKS["ray"]
HEAD = DECLARATION.leader
START_FAILED = 1

JOIN_LIMIT_SECONDS = 300.0
"""How long a head that listens may take until workers can join it."""

KUBERAY = "RAY_USAGE_STATS_KUBERAY_IN_USE"
"""Variable that KubeRay sets in its pods, whose head asks callers for no secret."""

_RAY = "ray.scripts.scripts"
_JOIN = str(Path(ray_join.__file__))


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Run the script beside the head of a cluster, or serve it."""
    python = program.interpreter
    if python.find_package("ray") is None:
        raise RefusalError(
            f"Ray is not installed for {python.executable}. Choose an image that has "
            f"it, such as that of the environment {DECLARATION.environment}.",
            NOT_FOUND,
        )
    replica.environment.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ip = own_address().ip
    if replica.settings.role == HEAD:
        check_program(program)
        port = replica.settings.master_port or DECLARATION.port
        with created_secret(replica) as secret:
            _authenticate(replica, secret)
            with _head(replica, head_arguments(python, ip, port), ip, port):
                # Not "auto": that would take any cluster that it finds.
                yield ProcessSpec(program.arguments(), {"RAY_ADDRESS": f"{ip}:{port}"})
    else:
        head = head_of(replica.settings, HEAD, DECLARATION.port)
        wait_for_head(replica, head)
        if KUBERAY not in replica.environment:
            _authenticate(replica, await_secret(replica, HEAD))
        seconds = replica.settings.wait_limit(JOIN_LIMIT_SECONDS)
        arguments = worker_arguments(python, ip, head.address, seconds)
        yield ProcessSpec(arguments, is_over=HeadWatch(replica, head).is_over)


def _authenticate(replica: ReplicaContext, secret: Path) -> None:
    """Let Ray's processes here ask callers for the secret, and tell it to others."""
    replica.environment.pop("RAY_AUTH_TOKEN", None)
    replica.environment["RAY_AUTH_MODE"] = "token"
    replica.environment["RAY_AUTH_TOKEN_PATH"] = str(secret)


def head_arguments(python: Interpreter, ip: str, port: int) -> list[str]:
    """Return how the head's services are started.

    Args:
        python: Interpreter to run it with.
        ip: Address of this pod.
        port: Where workers join.
    """
    return [
        *(*python.module(_RAY), "start", "--head"),
        *("--node-ip-address", ip, "--port", str(port)),
        *("--num-cpus", str(cores()), "--include-dashboard", "false"),
        *("--disable-usage-stats", "--block"),
    ]


def worker_arguments(
    python: Interpreter, ip: str, head: str, seconds: float
) -> list[str]:
    """Return how a worker serves the head, until it is ended.

    The head listens before it knows itself, and refuses who comes too early: for so
    many seconds the worker tries again.

    Args:
        python: Interpreter to run it with.
        ip: Address of this pod.
        head: Host and port of the head.
        seconds: How long to try to join.
    """
    return [
        *(python.executable, "-I", "-u", _JOIN, f"{seconds:.0f}"),
        *(*python.module(_RAY), "start", "--address", head, "--node-ip-address", ip),
        *("--num-cpus", str(cores()), "--disable-usage-stats", "--block"),
    ]


@contextmanager
def _head(
    replica: ReplicaContext, arguments: list[str], ip: str, port: int
) -> Iterator[None]:
    # It stays in front and is ended as our process. `ray stop` would end whatever is
    # called like Ray, that of other jobs where containers share their processes.
    if listens(ip, port):
        raise RefusalError(
            f"Ray could not be started: port {port} is taken. Choose another.",
            START_FAILED,
        )
    with Sidecar("ray", arguments, replica.environment, replica.output) as services:

        def are_up() -> bool:
            if services.has_ended:
                raise RefusalError(
                    "Ray could not be started; the lines of [ray] say why.",
                    START_FAILED,
                )
            return services.has_said(ray_join.STARTED)

        wait_for_start(replica, "Ray", are_up)
        yield
