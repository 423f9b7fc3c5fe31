"""What the server uses now, of what it may: memory and CPU of its container."""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_run.metrics.usage import group_cpu_seconds, group_memory_bytes
from mofang_run.process.cgroup import CGROUP, cores, memory_limit
from mofang_training.forwarding import TrainingHandler

_NOT_LIMITED = "This server runs in no container of its own, so its use is not known."


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerUsage:
    """One look at the container's control group."""

    memory_bytes: int
    """Without what could be freed at once."""
    memory_limit_bytes: int
    """At it, processes are killed."""
    cpu_seconds: float
    """Used since the container began."""
    cores: int
    at: float
    """Seconds of a clock that nobody sets, for the differences of two looks."""


def read_usage(cgroup: Path = CGROUP) -> ServerUsage | None:
    """Look once; None where no container with a limit shows.

    Outside of a container, the group that shows is that of the whole machine.
    """
    limit = memory_limit(cgroup)
    used = group_memory_bytes(cgroup)
    seconds = group_cpu_seconds(cgroup)
    if limit is None or used is None or seconds is None:
        return None
    return ServerUsage(
        memory_bytes=used,
        memory_limit_bytes=limit,
        cpu_seconds=seconds,
        cores=cores(cgroup),
        at=time.monotonic(),
    )


class MeterHandler(TrainingHandler):
    """What the server uses."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Tell what is used now."""
        usage = read_usage(self.settings.get(CGROUP_SETTING, CGROUP))
        if usage is None:
            status = HTTPStatus.SERVICE_UNAVAILABLE
            self.refuse(status, "not_on_platform", _NOT_LIMITED)
            return
        self.finish(json.dumps(asdict(usage)))


CGROUP_SETTING = "mofang_cgroup"
"""Where the container's control groups show; absent: where Linux shows them."""

HANDLERS = [("/mofang/training/api/meter", MeterHandler)]
