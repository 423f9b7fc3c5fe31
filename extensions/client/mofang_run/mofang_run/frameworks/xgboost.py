"""XGBoost: every replica knows its rank and the address of rank 0, the master."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import Launch, Replica
from mofang_run.job.settings import RunSettings
from mofang_run.network.peers import wait_for_names
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LIMIT_SECONDS

DEFAULT_PORT = 9999


@contextmanager
def launch(replica: Replica, program: Program) -> Iterator[Launch]:
    """Run the program, introduced to its peers as far as the operator did not."""
    settings = replica.settings
    check_program(program)
    ours = introduce(settings)
    introduction = {n: replica.environment.get(n) or ours[n] for n in ours}
    master = introduction["MASTER_ADDR"]
    if settings.replicas > 1 and introduction["RANK"] != "0":
        if not master:
            raise RefusalError(
                "MOFANG_MASTER must name the host of the master.", WRONG_SETTINGS
            )
        wait_for_names(
            {"master-0": master},
            replica.signals,
            replica.output,
            limit_seconds=replica.settings.wait_limit(LIMIT_SECONDS),
        )
    yield Launch(program.arguments(), introduction)


def introduce(settings: RunSettings) -> dict[str, str]:
    """Return what the operator would tell each replica."""
    is_master = settings.role == "master"
    masters = settings.roles.get("master", 0)
    own = "127.0.0.1" if settings.replicas == 1 else ""
    return {
        "MASTER_ADDR": settings.master or settings.host("master", 0) or own,
        "MASTER_PORT": str(settings.master_port or DEFAULT_PORT),
        "WORLD_SIZE": str(settings.replicas),
        "RANK": str(settings.index if is_master else settings.index + masters),
    }
