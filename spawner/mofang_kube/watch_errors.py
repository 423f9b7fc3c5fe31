"""What ends a watch, and what has to follow: pure rules.

They are those of client-go's reflector: a watch goes on from the version that it has
reached, unless the API server does not know it, or nobody knows what was missed.
"""

from __future__ import annotations

from typing import Any, Self

from kubernetes_asyncio.client import ApiException

Manifest = dict[str, Any]

GONE = 410
_UNKNOWN_VERSION = {400, GONE}
"""Statuses of a watch whose version the API server does not know."""
_TOO_MANY = 429
_TOO_LARGE = "Too large resource version"
"""Message of an API server that is behind our version: its database was restored."""
_LONGEST_RETRY_AFTER = 120.0
"""What the API server asks for is a second; a proxy may ask for anything."""


class UnorderedError(ValueError):
    """An event is older than one that came before it."""


class ErrorEvent(ApiException):  # type: ignore[misc] # without types
    """An event of a watch says that it has failed."""

    @classmethod
    def of_status(cls, status: Manifest) -> Self:
        """Return the error for an event's ``Status``."""
        err = cls(status=status.get("code"), reason=str(status.get("message")))
        seconds = (status.get("details") or {}).get("retryAfterSeconds")
        err.headers = {"Retry-After": str(seconds)} if seconds else {}
        return err


def requires_list(err: ApiException) -> bool:
    """Say whether a watch that ended so cannot go on from where it was."""
    if isinstance(err, ErrorEvent) and err.status != _TOO_MANY:
        return True
    return err.status in _UNKNOWN_VERSION or _TOO_LARGE in str(err.reason)


def retry_after(err: ApiException) -> float:
    """Return for how many seconds the API server wants no other request."""
    text = (err.headers or {}).get("Retry-After", "")
    # The API server gives seconds; a date is a proxy's, whose clock is not ours.
    return min(float(text), _LONGEST_RETRY_AFTER) if text.isdecimal() else 0.0


def version_number(version: str) -> int:
    """Return a resource version as a number; 0 if it is none.

    Kubernetes compares versions of one kind as numbers, and says so since 1.35.
    """
    return int(version) if version.isdecimal() else 0


def version_of(obj: Manifest) -> int:
    """Return the resource version of an object as a number; 0 if it has none."""
    return version_number(str(obj["metadata"].get("resourceVersion") or ""))
