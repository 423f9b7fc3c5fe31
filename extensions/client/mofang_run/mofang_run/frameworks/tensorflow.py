"""TensorFlow: TF_CONFIG in every replica, and the script in each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from mofang_run.job.declarations import FRAMEWORKS
from mofang_run.job.env_parsing import SHOWN
from mofang_run.job.program import Program, check_program
from mofang_run.job.replica import ProcessSpec, ReplicaContext
from mofang_run.job.settings import RunSettings
from mofang_run.network.peers import wait_for_names
from mofang_run.process.exit_codes import WRONG_SETTINGS, RefusalError
from mofang_run.process.waiting import LIMIT_SECONDS

DECLARATION = FRAMEWORKS["tensorflow"]


@contextmanager
def launch(replica: ReplicaContext, program: Program) -> Iterator[ProcessSpec]:
    """Run the program once all replicas that TF_CONFIG names are known."""
    settings = replica.settings
    check_program(program)
    given = replica.environment.get("TF_CONFIG")
    config = given or build_config(settings)
    names = _peers(config, settings) if config else {}
    if names:
        wait_for_names(
            names,
            replica.signals,
            replica.output,
            limit_seconds=replica.settings.wait_limit(LIMIT_SECONDS),
        )
    yield ProcessSpec(program.arguments(), {"TF_CONFIG": config} if config else {})


def build_config(settings: RunSettings) -> str:
    """Return the TF_CONFIG of a replica, or nothing for a job of one replica.

    Raises:
        RefusalError: Replicas of a role have no host names.
    """
    if settings.replicas < 2:  # noqa: PLR2004 - one has no peers
        return ""
    port = settings.master_port or DECLARATION.port
    cluster = {}
    for role, count in settings.roles.items():
        if not settings.host(role, 0):
            raise RefusalError(
                f"MOFANG_HOST_TEMPLATES must name the hosts of the role {role}, or "
                "TF_CONFIG must be set.",
                WRONG_SETTINGS,
            )
        cluster[role] = [f"{settings.host(role, n)}:{port}" for n in range(count)]
    task = {"type": settings.role, "index": settings.index}
    return json.dumps({"cluster": cluster, "task": task})


def _peers(config: str, settings: RunSettings) -> dict[str, str]:
    """Return host names by replica, without our own."""
    try:
        cluster = json.loads(config).get("cluster", {})
        names = {
            f"{role}-{index}": address.rpartition(":")[0]
            for role, addresses in cluster.items()
            for index, address in enumerate(addresses)
        }
    except (ValueError, AttributeError, TypeError) as error:
        raise RefusalError(
            f"TF_CONFIG is not what TensorFlow reads: {config[:SHOWN]!r}.",
            WRONG_SETTINGS,
        ) from error
    names.pop(settings.replica, None)
    return names
