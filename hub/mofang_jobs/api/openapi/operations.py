"""What the verbs of the service's handlers take and answer, beside what routes tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from mofang_api.models import (
    DebugServer,
    EnvironmentList,
    Framework,
    Job,
    JobEvent,
    JobList,
    JobMetrics,
    JobSpec,
    JobState,
    LogUsage,
    Preview,
)
from mofang_api.models.schema import Schema
from mofang_jobs.adapters.log_files import MAX_READ_BYTES
from mofang_jobs.api.shell import KEY_HEADER
from mofang_jobs.services.job_listing import DEFAULT_PAGE, LONGEST_PAGE
from mofang_jobs.services.metric_series import DEFAULT_POINTS, MAX_POINTS

TEXT: Schema = {"type": "string"}


def _number(text: str, **bounds: int) -> tuple[Schema, str]:
    return {"type": "integer", **bounds}, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What one verb of one handler takes and answers, beside what its route tells."""

    summary: str
    description: str = ""
    query: Mapping[str, tuple[Schema, str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the request that are needed, with their meaning."""

    body: type[BaseModel] | None = None
    status: int = 200
    answer: type[BaseModel] | Schema | None = None
    """A model, or the schema of a JSON answer; None where there is no JSON."""

    media: str = "application/json"
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[int, ...] = (401, 403, 404, 429, 503)
    scope: str = "custom:mofang:jobs:read"
    """The scope that the caller's token must have; empty for none."""


_WRITE = "custom:mofang:jobs:write"
_SHELL = "custom:mofang:shell"

_FILTERS: dict[str, tuple[Schema, str]] = {
    "limit": _number(
        "Jobs on a page; more are cut to the maximum.",
        minimum=1,
        maximum=LONGEST_PAGE,
        default=DEFAULT_PAGE,
    ),
    "after": (TEXT, "`next` of the page before."),
    "state": (
        {"type": "array", "items": {"enum": [str(each) for each in JobState]}},
        "Only jobs in one of these states; given once for each.",
    ),
    "owner": (TEXT, "Only jobs of this user."),
    "framework": (
        {"enum": [str(each) for each in Framework]},
        "Only jobs of this framework.",
    ),
    "search": (TEXT, "Only jobs with this text in their name or id, in any case."),
}

_READ_LOG = Operation(
    summary="Read or follow the log of a replica",
    description=(
        "Answers with a part of the file. With `follow=true` the answer goes on, "
        "chunk by chunk, until the replica ends."
    ),
    query={
        "offset": _number(
            "First byte; a negative number counts from the end.", default=0
        ),
        "limit": _number(
            "Bytes at most.", minimum=1, maximum=MAX_READ_BYTES, default=MAX_READ_BYTES
        ),
        "follow": ({"enum": ["true"]}, "Go on until the replica ends."),
    },
    media="text/plain",
    answer_headers={
        "X-Log-Size": "Bytes in the file now.",
        "X-Log-Next": "Offset that follows the answer.",
        "X-Log-Complete": "`true` once nothing will be added.",
    },
    refusals=(401, 403, 404, 422, 429, 503),
)

OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("HealthHandler", "get"): Operation(
        summary="Check that the service answers",
        answer={"type": "object", "properties": {"status": {"const": "ok"}}},
        refusals=(),
        scope="",
    ),
    ("PrometheusHandler", "get"): Operation(
        summary="Read the service's metrics in Prometheus' format",
        media="text/plain",
        refusals=(401, 403, 429, 503),
        scope="read:metrics",
    ),
    ("EnvironmentsHandler", "get"): Operation(
        summary="List the environments that jobs of the project may run",
        answer=EnvironmentList,
    ),
    ("LogUsageHandler", "get"): Operation(
        summary="Say what the logs and results of the project's jobs take",
        description="The caller's own are counted at most once a minute.",
        answer=LogUsage,
    ),
    ("JobsHandler", "get"): Operation(
        summary="List the project's jobs, newest first",
        query=_FILTERS,
        answer=JobList,
        refusals=(401, 403, 404, 422, 429, 503),
    ),
    ("JobsHandler", "post"): Operation(
        summary="Submit a job",
        description="Not idempotent: each accepted request makes a job.",
        body=JobSpec,
        status=201,
        answer=Job,
        refusals=(401, 403, 404, 409, 413, 422, 429, 502, 503),
        scope=_WRITE,
    ),
    ("WatchHandler", "get"): Operation(
        summary="Follow changes of the project's jobs",
        description=(
            "Server-sent events: `event: job` with a JobEvent as `data`, and a comment "
            "line each 15 s. Open the stream first and list the jobs then, so that "
            "nothing is missed."
        ),
        answer=JobEvent,
        media="text/event-stream",
    ),
    ("PreviewHandler", "post"): Operation(
        summary="Tell what a job would be and cost, without creating it",
        body=JobSpec,
        answer=Preview,
        refusals=(401, 403, 404, 409, 413, 422, 429, 502, 503),
        scope=_WRITE,
    ),
    ("JobHandler", "get"): Operation(summary="Read a job", answer=Job),
    ("JobHandler", "delete"): Operation(
        summary="Remove a job and its logs",
        description="For the job's owner and admins of the project.",
        status=204,
        refusals=(401, 403, 404, 429, 502, 503),
        scope=_WRITE,
    ),
    ("CancelHandler", "post"): Operation(
        summary="Cancel a job; its logs stay",
        description="Idempotent. For the job's owner and admins of the project.",
        answer=Job,
        refusals=(401, 403, 404, 409, 429, 502, 503),
        scope=_WRITE,
    ),
    ("DebugHandler", "get"): Operation(
        summary="Find the notebook server in which a job can be looked into",
        answer=DebugServer,
        refusals=(401, 403, 404, 422, 429, 503),
        scope=_WRITE,
    ),
    ("MetricsHandler", "get"): Operation(
        summary="Read what the replicas of a job used",
        query={
            "points": _number(
                "Points of each curve; more are cut to the maximum.",
                minimum=2,
                maximum=MAX_POINTS,
                default=DEFAULT_POINTS,
            )
        },
        answer=JobMetrics,
        refusals=(401, 403, 404, 422, 429, 503),
    ),
    ("ResultHandler", "get"): Operation(
        summary="Read the values that the script reported",
        description="What `mofang.report(…)` left; `{}` if it left nothing.",
        answer={"type": "object", "additionalProperties": True},
    ),
    ("LogHandler", "get"): _READ_LOG,
    ("ShellHandler", "get"): Operation(
        summary="Open a terminal in a replica (WebSocket)",
        description=(
            "For the job's owner. The protocol is terminado's: `setup`, `stdout` and "
            "`disconnect` from the server, `stdin` and `set_size` from the client."
        ),
        status=101,
        refusals=(401, 403, 404, 409, 422, 429, 503),
        scope=_SHELL,
    ),
    ("SshHandler", "get"): Operation(
        summary="Carry an SSH connection into a replica (WebSocket)",
        description=(
            "For the job's owner; `mofang ssh` uses it. Binary frames are the bytes of "
            "the SSH connection. Requests with an `Origin` are refused."
        ),
        headers={KEY_HEADER: "Public key that opens the session: type and base64."},
        status=101,
        refusals=(400, 401, 403, 404, 409, 422, 429, 503),
        scope=_SHELL,
    ),
}
