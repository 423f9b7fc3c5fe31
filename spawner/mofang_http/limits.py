"""What a server receives at most, and what it answers to more. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus

KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """Bounds of one server, for all who call it, known or not."""

    body_bytes: int
    """The longest body; of a longer one nothing is kept."""

    body_seconds: float = 10.0
    """How long a body may take, from the end of its headers on."""

    bodies_bytes: int = 16 * KIB**2
    """All bodies together while they are being received; the one that takes longest
    gives way."""

    header_bytes: int = 32 * KIB
    """The headers of one request."""

    header_seconds: float = 10.0
    """How long a new connection may take at most to its first request, once it has
    begun; half as long at least."""

    connections: int = 1000
    """Open connections; those that wait for a request give way to new ones."""

    advice: str = "Send less."
    """What to do about a body that is too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An answer that the application does not give."""

    status: HTTPStatus
    error: str
    """For programs."""

    message: str
    retry_seconds: int | None = None

    def body(self) -> bytes:
        """Return it as JSON, for clients of JupyterHub and of the training service."""
        content: dict[str, object] = {
            "status": self.status.value,
            "error": self.error,
            "message": self.message,
            "fields": {},
        }
        return json.dumps(content).encode()


def too_large(limits: ServerLimits) -> Refusal:
    """Say that a body is too long."""
    return Refusal(
        status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        error="too_large",
        message=f"The request has more than {limits.body_bytes // KIB} KiB. "
        f"{limits.advice}",
    )


def bad_path() -> Refusal:
    """Say that nothing has such an address."""
    return Refusal(
        status=HTTPStatus.BAD_REQUEST,
        error="bad_request",
        message="The address has a NUL (%00), which no name has. Check its spelling.",
    )


def too_slow(limits: ServerLimits) -> Refusal:
    """Say that a body did not come in time."""
    return Refusal(
        status=HTTPStatus.REQUEST_TIMEOUT,
        error="request_timeout",
        message="The request was not complete after "
        f"{limits.body_seconds:g} seconds. Send it again.",
    )


def too_many() -> Refusal:
    """Say that too many bodies are being received."""
    return Refusal(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        error="too_many_requests",
        message="Too many requests are being received at once. Try again in a moment.",
        retry_seconds=1,
    )
