"""Refusals that only the service knows; the rest is in ``mofang_kube.errors``.

MofangError
├── RefusedError
│   ├── UnauthorizedError   401: no token, or one the hub does not know
│   └── TooManyError        429: of what one caller may have, or ask for in a time
├── ClusterError
│   └── StorageError        503: the volume of logs cannot be written
└── HubUnavailableError            503: the hub does not answer
"""

from __future__ import annotations

from mofang_kube.errors import ClusterError, MofangError, RefusedError


class UnauthorizedError(RefusedError):
    """Nobody is known to have sent the request."""

    code = "unauthorized"
    status = 401


class TooManyError(RefusedError):
    """The caller has as many of these as one may have.

    Args:
        message: What there are too many of, and what to do.
        retry_seconds: When asking again helps without doing anything; None if never.
    """

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class HubUnavailableError(MofangError):
    """The hub does not say who the caller is."""

    code = "hub_unavailable"
    status = 503


class StorageError(ClusterError):
    """The volume of logs is full, or does not answer; that may be over in a moment."""

    code = "storage_unavailable"
    status = 503
