"""Frameworks whose processes need variables alone: who each is, and where the first.

Which variables, a framework's declaration says; so this launches every framework that
has no module of its own here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.job.declarations import Declaration
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.network.peers import wait_for_names
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LIMIT_SECONDS

_HOST = "{leader_host}"
_RANK = "{rank}"
_LOCAL = "127.0.0.1"


@contextmanager
def launch(
    declaration: Declaration, replica: ReplicaContext, program: Program
) -> Iterator[ProcessSpec]:
    """Run the program, introduced to its peers as far as the operator did not.

    Args:
        declaration: Of the framework.
        replica: This one.
        program: The job's.

    Raises:
        RefusalError: The host of the first replica is not named.
        PeerNotFoundError: It was not known in time.
    """
    settings = replica.settings
    check_program(program)
    ours = introduce(declaration, settings)
    introduction = {name: replica.environment.get(name) or ours[name] for name in ours}
    if introduction and settings.replicas > 1:
        # The operator may have said both, too.
        said = {
            each: introduction[name] for name, each in declaration.variables.items()
        }
        host = said.get(_HOST) or _leader_host(declaration, settings)
        if said.get(_RANK, _rank(declaration, settings)) != "0":
            _wait_for_leader(declaration, replica, host)
    yield ProcessSpec(program.arguments(), introduction)


def introduce(declaration: Declaration, settings: RunSettings) -> dict[str, str]:
    """Return what an operator would tell each replica."""
    host = _leader_host(declaration, settings)
    if not host and settings.replicas == 1:
        host = _LOCAL
    values = {
        "leader_host": host,
        "port": str(settings.master_port or declaration.port),
        "replicas": str(settings.replicas),
        "rank": _rank(declaration, settings),
    }
    return {
        name: template.format_map(values)
        for name, template in declaration.variables.items()
    }


def _leader_host(declaration: Declaration, settings: RunSettings) -> str:
    return settings.master or settings.host(declaration.leader, 0)


def _rank(declaration: Declaration, settings: RunSettings) -> str:
    """Return a replica's number: those of the leader's role are the first."""
    order = sorted(settings.roles, key=lambda role: role != declaration.leader)
    before = order[: order.index(settings.role)] if settings.role in order else order
    return str(settings.index + sum(settings.roles[role] for role in before))


def _wait_for_leader(
    declaration: Declaration, replica: ReplicaContext, host: str
) -> None:
    if not host:
        raise RefusalError(
            f"MOFANG_LEADER_HOST must name the host of {declaration.leader}-0.",
            WRONG_SETTINGS,
        )
    wait_for_names(
        {f"{declaration.leader}-0": host},
        replica.signals,
        replica.output,
        limit_seconds=replica.settings.wait_limit(LIMIT_SECONDS),
    )
