"""The few changes that are made to a job's object after it was created. Pure."""

from __future__ import annotations

from typing import Any

from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.workload_kinds import Kind
from mofang_kube import names


def build_cancellation(kind: Kind, user: str, at: str) -> Manifest:
    """Build the one patch that ends a job and says who wanted it.

    Args:
        kind: Of the object.
        user: Raw name of who cancels.
        at: Time in RFC 3339.
    """
    return {
        "metadata": {
            "annotations": {
                names.CANCELLED_BY_ANNOTATION: user,
                names.CANCELLED_AT_ANNOTATION: at,
            }
        },
        **_held(kind, value=True),
    }


def build_release(kind: Kind) -> Manifest:
    """Build the patch that lets a waiting job run."""
    return _held(kind, value=False)


def _held(kind: Kind, *, value: bool) -> Manifest:
    change: Any = value
    for step in reversed(kind.suspend):
        change = {step: change}
    found: Manifest = change
    return found
