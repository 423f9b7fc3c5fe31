"""Handlers of ``mofang/training/api``.

What is in a path has a closed shape, so that nothing a page sends can leave the
project's part of the service. Bodies and queries are the service's to judge.
"""

# mypy: disable-error-code="misc, untyped-decorator"
# jupyter_server counts as untyped, so its classes and decorators are Any.

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from mofang_training.defaults import form_defaults
from mofang_training.files import with_warnings
from mofang_training.forwarding import TrainingHandler
from mofang_training.packages import PackagesHandler
from mofang_training.snapshots import has_code, keep_code, snapshot, tidy

MAX_BODY_BYTES = 1024 * 1024

LIST_QUERIES = ("limit", "after", "state", "owner", "framework", "search")

TOO_LARGE = (
    "A job's settings have at most 1 MiB. Put long values into a file and pass "
    "its path."
)


class DefaultsHandler(TrainingHandler):
    """What a form starts with; answered here, without the service."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with project, environment, image, directories and limits."""
        root = self.settings.get("server_root_dir", "~")
        self.finish(json.dumps(form_defaults(self.service.project, root)))


class EnvironmentsHandler(TrainingHandler):
    """What jobs of the project may run."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List the environments."""
        await self.forward("environments")


class JobsHandler(TrainingHandler):
    """All jobs of the project."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List jobs, newest first."""
        await self.forward("jobs", *LIST_QUERIES)

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Submit a job; copies of code that nobody needs any more go away then."""
        body = self.request.body
        if len(body) > MAX_BODY_BYTES:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", TOO_LARGE)
            return
        refusal = await asyncio.to_thread(keep_code, body, self.service.project)
        if refusal is not None:
            self.set_status(refusal[0])
            self.finish(json.dumps(refusal[1]))
            return
        await self.forward("jobs")
        if has_code(body) and self.get_status() == HTTPStatus.CREATED:
            # The page has its answer already.
            await asyncio.to_thread(tidy, self.service)


class PreviewHandler(TrainingHandler):
    """A job that is not made."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Say what a job would be, and which of its files are not there."""
        # The start-up time of every server counts.
        from mofang.settings import SHARED_DIRECTORIES  # noqa: PLC0415

        asked = self.request.body
        if len(self.request.body) > MAX_BODY_BYTES:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", TOO_LARGE)
            return
        await self.forward(
            "jobs/preview",
            complete=lambda answer: with_warnings(answer, asked, SHARED_DIRECTORIES),
        )


class SnapshotsHandler(TrainingHandler):
    """Copies of code, kept as it is now; made here, where the files are."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Copy a directory."""
        status, answer = await asyncio.to_thread(
            snapshot, self.request.body, self.service.project
        )
        self.set_status(status)
        self.finish(json.dumps(answer))


class WatchHandler(TrainingHandler):
    """Changes of jobs, as they happen."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Stream server-sent events."""
        await self.forward("jobs/watch", endless=True)


class JobHandler(TrainingHandler):
    """One job."""

    @web.authenticated
    @authorized
    async def get(self, job: str) -> None:
        """Tell its state."""
        await self.forward(f"jobs/{job}")

    @web.authenticated
    @authorized
    async def delete(self, job: str) -> None:
        """Remove it with its logs."""
        await self.forward(f"jobs/{job}")


class DebugHandler(TrainingHandler):
    """A notebook server in the place of a job."""

    @web.authenticated
    @authorized
    async def get(self, job: str) -> None:
        """Answer with the address that starts it."""
        await self.forward(f"jobs/{job}/debug")


class MetricsHandler(TrainingHandler):
    """What a job's replicas used."""

    @web.authenticated
    @authorized
    async def get(self, job: str) -> None:
        """Send curves."""
        await self.forward(f"jobs/{job}/metrics", "points")


class ResultHandler(TrainingHandler):
    """What a job's script reported."""

    @web.authenticated
    @authorized
    async def get(self, job: str) -> None:
        """Send the values by name."""
        await self.forward(f"jobs/{job}/result")


class CancelHandler(TrainingHandler):
    """The end of a job, wished for."""

    @web.authenticated
    @authorized
    async def post(self, job: str) -> None:
        """Ask the job to end."""
        await self.forward(f"jobs/{job}/cancel")


class LogHandler(TrainingHandler):
    """The log of one replica."""

    @web.authenticated
    @authorized
    async def get(self, job: str, role: str, index: str) -> None:
        """Send a part of it, or follow it to its end."""
        follow = self.get_query_argument("follow", "") == "true"
        await self.forward(
            f"jobs/{job}/logs/{role}/{index}",
            "offset",
            "limit",
            "follow",
            endless=follow,
        )


_ROOT = r"/mofang/training/api"
_JOB = r"(?P<job>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_REPLICA = r"(?P<role>[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?)/(?P<index>[0-9]{1,5})"

HANDLERS: list[tuple[str, type[TrainingHandler]]] = [
    (rf"{_ROOT}/defaults", DefaultsHandler),
    (rf"{_ROOT}/environments", EnvironmentsHandler),
    (rf"{_ROOT}/jobs", JobsHandler),
    (rf"{_ROOT}/jobs/preview", PreviewHandler),
    (rf"{_ROOT}/jobs/watch", WatchHandler),
    (rf"{_ROOT}/snapshots", SnapshotsHandler),
    (rf"{_ROOT}/packages", PackagesHandler),
    (rf"{_ROOT}/jobs/{_JOB}", JobHandler),
    (rf"{_ROOT}/jobs/{_JOB}/cancel", CancelHandler),
    (rf"{_ROOT}/jobs/{_JOB}/debug", DebugHandler),
    (rf"{_ROOT}/jobs/{_JOB}/metrics", MetricsHandler),
    (rf"{_ROOT}/jobs/{_JOB}/result", ResultHandler),
    (rf"{_ROOT}/jobs/{_JOB}/logs/{_REPLICA}", LogHandler),
]
