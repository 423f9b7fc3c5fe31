"""Refusals that only the service knows; the rest is in ``mofang_kube.errors``.

MofangError
├── RefusedError
│   ├── UnauthorizedError   401: no token, or one the hub does not know
│   ├── TooLargeError       413: the body of the request
│   └── TooManyError        429: shells and SSH sessions of one user
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


class TooLargeError(RefusedError):
    """The request's body is larger than any job."""

    code = "too_large"
    status = 413


class TooManyError(RefusedError):
    """The caller has as many of these as one may have."""

    code = "too_many_requests"
    status = 429


class HubUnavailableError(MofangError):
    """The hub does not say who the caller is."""

    code = "hub_unavailable"
    status = 503


class StorageError(ClusterError):
    """The volume of logs is full, or does not answer; that may be over in a moment."""

    code = "storage_unavailable"
    status = 503
