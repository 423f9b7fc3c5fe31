"""Read the head of any object: whose job it is of, which attempt, when. Pure."""

from __future__ import annotations

from datetime import datetime

from mofang_jobs.domain.models import Manifest
from mofang_kube import names

_KEPT_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
)


def job_key(obj: Manifest) -> str | None:
    """Return what the pods of one job share."""
    metadata = obj["metadata"]
    job = (metadata.get("labels") or {}).get(names.JOB_LABEL)
    return f"{metadata['namespace']}/{job}" if job else None


def attempt_of(obj: Manifest) -> int:
    """Return which attempt an object or a pod belongs to."""
    text = (obj["metadata"].get("labels") or {}).get(names.ATTEMPT_LABEL, "1")
    return int(text) if text.isdecimal() else 1


def stripped_metadata(obj: Manifest) -> Manifest:
    """Keep of an object's head what is read."""
    metadata = obj["metadata"]
    return {name: metadata[name] for name in _KEPT_METADATA if metadata.get(name)}


def read_time(text: str | None) -> datetime | None:
    """Return a time of Kubernetes'; None where there is none or it is unreadable."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def pod_index_keys(obj: Manifest) -> tuple[str, ...]:
    """Return the one group that a pod is found by."""
    group = job_key(obj)
    return (group,) if group else ()
