"""Everything a user may be told went wrong.

MofangError
├── RefusedError              4xx: the request cannot be met; says what to do
│   ├── InvalidError          422: fields are wrong, each with its sentence
│   ├── ForbiddenError        403: not this user's to do
│   ├── NotFoundError         404: nothing of that name (or not for this user)
│   ├── ConflictError         409: against what is there already
│   └── QuotaError            403: the project's quota does not leave room
└── ClusterError              502: Kubernetes would not or could not
    └── KubernetesUnavailableError      503: Kubernetes does not answer
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import ClassVar

import aiohttp
from kubernetes_asyncio.client import ApiException


class MofangError(Exception):
    """Its text is a sentence for the person who asked."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, fields: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})
        """Form field → what is wrong with it."""


class RefusedError(MofangError):
    """The request cannot be met; the caller can mend it."""

    code = "refused"
    status = 400


class InvalidError(RefusedError):
    """Fields of the request are wrong."""

    code = "invalid"
    status = 422


class ForbiddenError(RefusedError):
    """The user may not do this."""

    code = "forbidden"
    status = 403


class NotFoundError(RefusedError):
    """There is nothing of that name that this user may see."""

    code = "not_found"
    status = 404


class ConflictError(RefusedError):
    """The request contradicts what is there."""

    code = "conflict"
    status = 409


class QuotaError(RefusedError):
    """The project's quota leaves no room."""

    code = "quota_exceeded"
    status = 403


class ClusterError(MofangError):
    """Kubernetes refused or failed; ``__cause__`` has its answer."""

    code = "kubernetes_error"
    status = 502


class KubernetesUnavailableError(ClusterError):
    """Kubernetes does not answer."""

    code = "kubernetes_unavailable"
    status = 503


_REFUSALS: dict[int, type[MofangError]] = {404: NotFoundError, 409: ConflictError}

_DATABASE_FULL = "database space exceeded"
"""What etcd says while its alarm NOSPACE is on: it can be read, and nothing else."""

_PASSING = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_MANY_REQUESTS,
}
"""Refusals of Kubernetes' that may be others in a moment: a token is renewed, or a kind
of object is being installed."""


def api_message(err: ApiException) -> str:
    """Kubernetes' own sentence in an API error."""
    try:
        return str(json.loads(err.body)["message"])
    except (TypeError, ValueError, KeyError):
        return str(err.reason)


def kubernetes_message(err: MofangError) -> str:
    """Return Kubernetes' own sentence behind an error; ours if there is none."""
    cause = err.__cause__
    return api_message(cause) if isinstance(cause, ApiException) else err.message


def http_status(err: MofangError) -> int:
    """Return the HTTP status that Kubernetes answered; 0 if it did not answer."""
    cause = err.__cause__
    return int(cause.status or 0) if isinstance(cause, ApiException) else 0


def is_permanent(err: MofangError) -> bool:
    """Say whether asking again later would be refused again."""
    if isinstance(err, ClusterError):
        status = http_status(err)
        is_refusal = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        return is_refusal and status not in _PASSING
    return not isinstance(err, ConflictError | NotFoundError)


def from_api(err: ApiException, verb: str, kind: str, name: str) -> MofangError:
    """The error of ours for an API error, naming the object in hand.

    Args:
        err: As kubernetes_asyncio raised it.
        verb: What was tried, for the message: "create".
        kind: Kind of the object, for the message.
        name: Its name, for the message.
    """
    message = api_message(err)
    text = f"Could not {verb} {kind} {name}: {message}"
    if _DATABASE_FULL in message:
        return KubernetesUnavailableError(
            f"Could not {verb} {kind} {name}: the database of Kubernetes is full. "
            "Nothing can be changed until an administrator makes room there."
        )
    if err.status == 403 and "exceeded quota" in message:  # noqa: PLR2004 - HTTP
        return QuotaError(text)
    return _REFUSALS.get(int(err.status or 0), ClusterError)(text)


@contextmanager
def wrap_api_errors(verb: str, kind: str, name: str) -> Iterator[None]:
    """Re-raise an API error as ours, naming the object that was in hand.

    Args:
        verb: What was tried, for the message: "create".
        kind: Kind of the object, for the message.
        name: Its name, for the message.
    """
    try:
        yield
    except ApiException as err:
        raise from_api(err, verb, kind, name) from err
    except (aiohttp.ClientError, OSError) as err:
        raise KubernetesUnavailableError(
            f"Could not {verb} {kind} {name}: Kubernetes does not answer. "
            "Try again in a minute."
        ) from err
