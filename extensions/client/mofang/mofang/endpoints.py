"""The training service's API, described once for both clients. Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypedDict, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from mofang.errors import (
    ConfigurationError,
    InvalidError,
    UnexpectedAnswerError,
    UnreachableError,
    error_of,
)
from mofang.settings import ClientSettings
from mofang_api.models import (
    EnvironmentList,
    Job,
    JobList,
    JobMetrics,
    JobSpec,
    LogUsage,
    Preview,
)

MOST_RETRIES = 5
LONGEST_RETRY_SECONDS = 10

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    """Turns a good answer, fully received, into what the caller gets."""

    params: Mapping[str, str | int | Sequence[str]] = field(default_factory=dict)
    """A sequence is sent as one parameter for each of its texts."""

    body: bytes | None = None

    def request(self, settings: ClientSettings) -> httpx.Request:
        """Build the request, signed with the caller's token."""
        headers = {
            "Accept": "application/json, text/plain, text/event-stream",
            "Authorization": f"token {settings.token}",
        }
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        return httpx.Request(
            self.method,
            f"{settings.url}/{self.path}",
            params=dict(self.params),
            headers=headers,
            content=self.body,
        )


@dataclass(frozen=True, slots=True)
class LogPart:
    """Some bytes of a replica's log, and where they are in it."""

    content: bytes
    size: int
    """How long the log was when it was read."""

    next: int
    """The offset that follows the content."""

    is_complete: bool
    """Whether the replica has ended, so that nothing will be added."""


class JobFilter(TypedDict, total=False):
    """Which jobs are meant; all that is said must hold."""

    state: str | Sequence[str] | None
    """One state such as ``Running``, or several of which a job has one."""

    owner: str | None
    framework: str | None
    search: str | None
    """A text in the name or the id."""


def retry_pause(response: httpx.Response, attempt: int) -> float | None:
    """Return how many seconds to wait before a request is sent again; None to give up.

    A service that has too much to do says so before it does anything, so that even a
    submission may be sent again.

    Args:
        response: Its headers; the body need not be there.
        attempt: How often the request was sent again already.
    """
    text = response.headers.get("Retry-After", "")
    is_busy = response.status_code == httpx.codes.TOO_MANY_REQUESTS
    if not is_busy or attempt >= MOST_RETRIES or not re.fullmatch("[0-9]{1,4}", text):
        return None
    seconds = int(text)
    return seconds * (1.0 + attempt) if seconds <= LONGEST_RETRY_SECONDS else None


def list_jobs(
    project: str, limit: int | None, after: str | None, wanted: JobFilter
) -> Call[JobList]:
    """Ask for one page of jobs, newest first.

    Args:
        project: Name of the project.
        limit: Maximum number of jobs; None for the service's default.
        after: Cursor of the previous page; None for the first page.
        wanted: Only jobs that match.
    """
    said: dict[str, Any] = {"limit": limit, "after": after, **wanted}
    params = {name: value for name, value in said.items() if value is not None}
    return Call("GET", _jobs(project), _model(JobList), params)


def list_environments(project: str) -> Call[EnvironmentList]:
    """Ask for the environments that jobs may run."""
    return Call("GET", f"{_project(project)}/environments", _model(EnvironmentList))


def read_log_usage(project: str) -> Call[LogUsage]:
    """Ask what the logs and results of jobs take."""
    return Call("GET", f"{_project(project)}/log-usage", _model(LogUsage))


def submit_job(project: str, spec: JobSpec) -> Call[Job]:
    """Ask for a new job."""
    body = spec.model_dump_json().encode()
    return Call("POST", _jobs(project), _model(Job), body=body)


def preview_job(project: str, spec: JobSpec) -> Call[Preview]:
    """Ask what a job would be; nothing is made."""
    body = spec.model_dump_json().encode()
    return Call("POST", f"{_jobs(project)}/preview", _model(Preview), body=body)


def get_job(project: str, job_id: str) -> Call[Job]:
    """Ask how a job is."""
    return Call("GET", _job(project, job_id), _model(Job))


def cancel_job(project: str, job_id: str) -> Call[Job]:
    """Ask for a job's end; asking again changes nothing."""
    return Call("POST", f"{_job(project, job_id)}/cancel", _model(Job))


def delete_job(project: str, job_id: str) -> Call[None]:
    """Ask to remove a job and its logs."""
    return Call("DELETE", _job(project, job_id), _nothing)


def get_metrics(project: str, job_id: str, points: int | None) -> Call[JobMetrics]:
    """Ask what a job's replicas used, in so many points for each curve.

    Args:
        project: Name of the project.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        points: At most so many per curve; None for the service's default.
    """
    params = {} if points is None else {"points": points}
    return Call("GET", f"{_job(project, job_id)}/metrics", _model(JobMetrics), params)


def get_result(project: str, job_id: str) -> Call[dict[str, Any]]:
    """Ask for what the script reported."""
    return Call("GET", f"{_job(project, job_id)}/result", _object)


def read_log(
    project: str, job_id: str, replica: tuple[str, int], offset: int, limit: int
) -> Call[LogPart]:
    """Ask for a part of a log; a negative offset counts from its end.

    Args:
        project: Name of the project.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        replica: Role and index.
        offset: First byte; a negative one counts from the end of the log.
        limit: Maximum number of bytes.
    """
    params = {"offset": offset, "limit": limit}
    return Call("GET", _log(project, job_id, replica), _log_part, params)


def follow_log(
    project: str, job_id: str, replica: tuple[str, int], offset: int
) -> Call[None]:
    """Ask for all of a log from an offset on, as it is written.

    Args:
        project: Name of the project.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        replica: Role and index.
        offset: First byte to send.
    """
    params: dict[str, str | int] = {"follow": "true", "offset": offset}
    return Call("GET", _log(project, job_id, replica), _nothing, params)


def open_ssh(project: str, job_id: str, replica: tuple[str, int]) -> Call[None]:
    """Ask for a WebSocket to an SSH server in a replica.

    Args:
        project: Name of the project.
        job_id: Id of the job, such as ``digits-x1y2z3``.
        replica: Role and index.
    """
    role, index = replica
    name = _segment("role of a replica", role)
    return Call("GET", f"{_job(project, job_id)}/ssh/{name}/{index}", _nothing)


def watch_jobs(project: str) -> Call[None]:
    """Ask for the changes of all jobs as they happen."""
    return Call("GET", f"{_jobs(project)}/watch", _nothing)


def check_status(response: httpx.Response) -> None:
    """Raise what a refusal or a fault means; its body must have been received."""
    if response.is_redirect:
        raise UnexpectedAnswerError(
            f"{response.url.host} answered with a redirect, not as the training "
            "service does. Check the address: it ends in /services/training."
        )
    if response.status_code >= 400:  # noqa: PLR2004 - where HTTP puts refusals
        raise error_of(response.status_code, response.content)


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Re-raise what goes wrong on the way as an error that says what to do."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise UnreachableError(
            f"Mofang at {url} did not answer in time. Look at the list of jobs before "
            "you repeat a submission: it may have been accepted."
        ) from error
    except (httpx.TransportError, httpx.DecodingError) as error:
        raise UnreachableError(
            f"Mofang at {url} cannot be reached ({error or type(error).__name__}). "
            "Check the address and your network; if both are right, try again in a "
            "minute."
        ) from error


@contextmanager
def trusting() -> Iterator[None]:
    """Re-raise what is wrong with the certificates that the environment names."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            "The certificates that the variable SSL_CERT_FILE or SSL_CERT_DIR names "
            f"cannot be read ({error}). Correct the variable, or unset it."
        ) from error


def _segment(kind: str, text: str) -> str:
    # What is no name cannot exist, and must not lead the path elsewhere either.
    if not _NAME.fullmatch(text):
        raise InvalidError(
            f"{text[:80]!r} is not the {kind}. `mofang jobs` lists what there is."
        )
    return text


def _project(project: str) -> str:
    return f"api/projects/{_segment('name of a project', project)}"


def _jobs(project: str) -> str:
    return f"{_project(project)}/jobs"


def _job(project: str, job_id: str) -> str:
    return f"{_jobs(project)}/{_segment('id of a job', job_id)}"


def _log(project: str, job_id: str, replica: tuple[str, int]) -> str:
    role, index = replica
    name = _segment("role of a replica", role)
    return f"{_job(project, job_id)}/logs/{name}/{index}"


_OBJECT = TypeAdapter(dict[str, Any])


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        return _OBJECT.validate_json(response.content)
    except ValidationError as error:
        raise _not_understood(response) from error


def _model(kind: type[M]) -> Callable[[httpx.Response], M]:
    def read(response: httpx.Response) -> M:
        try:
            return kind.model_validate_json(response.content)
        except ValidationError as error:
            raise _not_understood(response) from error

    return read


def _not_understood(response: httpx.Response) -> UnexpectedAnswerError:
    return UnexpectedAnswerError(
        f"{response.url.host} answered something that this client does not "
        "understand. Check the address (it ends in /services/training) and "
        "whether the client is as new as the platform."
    )


def _log_part(response: httpx.Response) -> LogPart:
    headers, content = response.headers, response.content
    try:
        size = int(headers.get("X-Log-Size", len(content)))
        following = int(headers.get("X-Log-Next", len(content)))
    except ValueError as error:
        raise UnexpectedAnswerError(
            f"{response.url.host} answered with headers of a log that are not numbers."
        ) from error
    is_complete = headers.get("X-Log-Complete", "").lower() == "true"
    return LogPart(content, size, following, is_complete)


def _nothing(response: httpx.Response) -> None:
    """Read nothing: the status says it all."""
