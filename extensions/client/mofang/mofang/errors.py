"""Everything that a caller of the client may be told went wrong.

MofangError
├── ConfigurationError      the client does not know where, who or for what project
├── RefusedError            the platform said no (4xx); has code, status and fields
│   ├── InvalidError            400, 422, or found before sending: mend the fields
│   ├── NotLoggedInError        401: the token is missing, wrong or expired
│   ├── NotAllowedError         403
│   ├── NotFoundError           404, 410
│   └── ConflictError           409: not in this state
├── PlatformError           the platform could not (5xx); trying again may help
├── UnreachableError        nobody answered
├── UnexpectedAnswerError   somebody answered, but not the training service
├── StillRunningError       the wait ended before the job did; also a TimeoutError
└── JobFailedError          the job that was waited for did not succeed

Every message is one or two sentences: what was wrong, what to do.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from mofang_api.errors import ErrorBody, field_messages
from mofang_api.models import Job


class MofangError(Exception):
    """What the client raises, and nothing else, when something did not work."""


class ConfigurationError(MofangError):
    """An address, a token or a project is missing or unusable."""


class RefusedError(MofangError):
    """The platform will not do this."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        status: int = 400,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        refusal = {name or "job": text for name, text in (fields or {}).items()}
        lines = (
            f"  {name}: {text}" for name, text in refusal.items() if text not in message
        )
        super().__init__("\n".join([message, *lines]))
        self.message = message
        """What was wrong, without the fields that ``str`` adds."""

        self.code = code
        self.status = status
        self.fields = dict(fields or {})
        """A sentence for each field that must change."""


class InvalidError(RefusedError):
    """What was asked is malformed or out of bounds."""

    @classmethod
    def from_validation(cls, error: ValidationError) -> InvalidError:
        """Tell what our own models refuse as the platform would tell it."""
        return cls(
            "The job was not submitted, because something in it must change.",
            code="invalid",
            fields=field_messages(error),
        )


class NotLoggedInError(RefusedError):
    """The platform does not know the caller."""


class NotAllowedError(RefusedError):
    """The platform knows the caller, who may not do this."""


class NotFoundError(RefusedError):
    """There is no such job, project or log."""


class ConflictError(RefusedError):
    """It cannot be done in the state that the job is in."""


class PlatformError(MofangError):
    """The platform failed; it is not the caller's fault."""

    def __init__(self, message: str, *, status: int = 500) -> None:
        super().__init__(message)
        self.status = status


class UnreachableError(MofangError):
    """No answer came."""


class UnexpectedAnswerError(MofangError):
    """The answer does not come from the training service, or from another version."""


class StillRunningError(MofangError, TimeoutError):
    """The time to wait is over; the job goes on."""


class JobFailedError(MofangError):
    """A job ended without success."""

    def __init__(self, job: Job) -> None:
        reason = f": {job.reason}" if job.reason else "."
        super().__init__(f"Job {job.id} ended as {job.state}{reason}")
        self.job = job


_REFUSALS: dict[int, tuple[type[RefusedError], str]] = {
    401: (
        NotLoggedInError,
        "The token is not accepted. Restart your server, or make a new one on the hub.",
    ),
    403: (NotAllowedError, "You may not do this. Ask an admin of the project."),
    404: (NotFoundError, "There is no such thing. Check the job and the project."),
    409: (ConflictError, "This cannot be done in the state that the job is in."),
    410: (NotFoundError, "It no longer exists."),
    413: (InvalidError, "The request is too large."),
    422: (InvalidError, "The request was not understood."),
    429: (RefusedError, "Too many requests. Wait a little and try again."),
}


def error_of(status: int, body: bytes) -> MofangError:
    """Return the error that an answer of 400 or above means."""
    refusal = _read_body(body)
    if status >= 500:  # noqa: PLR2004 - where HTTP puts the faults of servers
        message = (
            refusal.message if refusal else f"The platform failed (HTTP {status})."
        )
        return PlatformError(f"{message} Try again in a minute.", status=status)
    kind, message = _REFUSALS.get(status, (InvalidError, f"Refused (HTTP {status})."))
    if refusal is None:
        return kind(message, status=status)
    return kind(
        refusal.message, code=refusal.error, status=status, fields=refusal.fields
    )


def _read_body(body: bytes) -> ErrorBody | None:
    try:
        return ErrorBody.model_validate_json(body)
    except ValidationError:
        return None
