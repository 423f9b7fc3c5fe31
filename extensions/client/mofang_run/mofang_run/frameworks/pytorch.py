"""PyTorch: torchrun in equal workers, all of which call the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.frameworks import torchrun
from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.network.peers import wait_for_names
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LIMIT_SECONDS

DECLARATION = FRAMEWORKS["pytorch"]


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Run torchrun around a script; a command is told where its master is."""
    settings = replica.settings
    if settings.nodes > 1 and not settings.master:
        raise RefusalError(
            "MOFANG_LEADER_HOST must name the host of replica 0.", WRONG_SETTINGS
        )
    check_program(program)
    if program.is_command:
        launched = ProcessSpec(program.arguments(), _introduction(settings))
    else:
        port = settings.master_port or DECLARATION.port
        launched = ProcessSpec(
            torchrun.arguments(settings, program, _master(settings), port),
            output_watcher=torchrun.watch_failures(replica),
            passes_on=True,
        )
    if settings.nodes > 1:
        name = f"{settings.role}-0"
        wait_for_names(
            {name: settings.master},
            replica.signals,
            replica.output,
            limit_seconds=replica.settings.wait_limit(LIMIT_SECONDS),
        )
    yield launched


def _introduction(settings: RunSettings) -> dict[str, str]:
    """What torchrun would tell each process, for one process in each replica."""
    return {
        "MASTER_ADDR": _master(settings),
        "MASTER_PORT": str(settings.master_port or DECLARATION.port),
        "WORLD_SIZE": str(settings.nodes),
        "RANK": str(settings.index),
    }


def _master(settings: RunSettings) -> str:
    # One replica must start although the cluster's DNS is not there.
    return settings.master if settings.nodes > 1 else "127.0.0.1"
