"""Read the operator's objects: cut them to what is kept, then make values of them.

Pure. Memory of the service is what is kept here times the number of jobs, so an
object is cut before it enters a cache and parsed when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mofang_api.models import RestartRecord
from mofang_jobs.domain.conditions import read_conditions, read_failure
from mofang_jobs.domain.models import Manifest, ObservedJob, Outcome
from mofang_jobs.engines.base import ReportedFailure, WorkloadKind
from mofang_jobs.engines.object_meta import (
    attempt_of,
    job_key,
    read_time,
    stripped_metadata,
)
from mofang_jobs.engines.registry import engine_of, kind_by_name
from mofang_jobs.engines.stored_spec import read_annotations
from mofang_kube import names
from mofang_kube.ephemeral_storage import read_disks

ALL, OPEN, FAILED, LATER = "all", "open", "failed", "later"
"""Names of groups; those of jobs have a slash in them."""

_SUCCEEDED = ("Succeeded", "Completed", "Complete")
_ENDED = {*_SUCCEEDED, "Failed"}

_RESTARTS = TypeAdapter(tuple[RestartRecord, ...])

_KEPT_ANNOTATIONS = (
    names.JOB_SPEC_ANNOTATION,
    names.JOB_SPEC_VERSION_ANNOTATION,
    names.OWNER_NAME_ANNOTATION,
    names.RESTARTS_ANNOTATION,
    names.SUBMITTED_AT_ANNOTATION,
    names.CANCELLED_BY_ANNOTATION,
    names.CANCELLED_AT_ANNOTATION,
    names.CONDITIONS_ANNOTATION,
    names.FAILURE_ANNOTATION,
    names.NOTIFIED_ANNOTATION,
    names.EPHEMERAL_STORAGE_ANNOTATION,
    names.DATA_SECRETS_ANNOTATION,
)


def strip_job(kind: WorkloadKind, obj: Manifest) -> Manifest:
    """Keep of an engine's object what ``read_job`` reads."""
    metadata = stripped_metadata(obj)
    annotations = obj["metadata"].get("annotations") or {}
    metadata["annotations"] = {
        name: annotations[name] for name in _KEPT_ANNOTATIONS if name in annotations
    }
    status = obj.get("status") or {}
    conditions = [
        {key: each.get(key) for key in ("type", "status", "message")}
        | {"lastTransitionTime": each.get("lastTransitionTime")}
        for each in engine_of(kind).read_conditions(status)
    ]
    suspended: Any = obj
    for step in kind.suspend:
        suspended = suspended.get(step) or {}
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "suspended": suspended is True,
        "metadata": metadata,
        "status": {
            "conditions": conditions,
            "completionTime": status.get("completionTime"),
        },
    }


def job_index_keys(obj: Manifest) -> tuple[str, ...]:
    """Return the groups that a job's object is found by.

    All attempts of one job share a group; besides, there are those of all objects of a
    namespace, of those that have not ended, by namespace and owner, that failed, and
    that are not a job's first attempt. None for what is no job of ours: a TrainJob's
    labels are handed down to the JobSet it makes, but not the specification.
    """
    metadata = obj["metadata"]
    group = job_key(obj)
    if group is None or names.JOB_SPEC_ANNOTATION not in metadata["annotations"]:
        return ()
    namespace = metadata["namespace"]
    found = [group, f"{ALL}:{namespace}"]
    if not has_stopped(obj):
        owner = metadata["labels"].get(names.OWNER_LABEL, "")
        found += [OPEN, f"{OPEN}:{namespace}", f"{OPEN}:{namespace}:{owner}"]
    if has_failed(obj):
        found.append(FAILED)
    if attempt_of(obj) > 1:
        found.append(LATER)
    return tuple(found)


def has_ended(conditions: Iterable[Manifest]) -> bool:
    """Say whether conditions tell of the end of a job, good or bad."""
    return any(
        each["status"] == "True" and each["type"] in _ENDED for each in conditions
    )


def has_stopped(obj: Manifest) -> bool:
    """Say whether a job has ended or was cancelled, without reading all of it."""
    conditions = obj["status"]["conditions"]
    if has_ended(conditions):
        return True
    return names.CANCELLED_BY_ANNOTATION in obj["metadata"]["annotations"]


def has_failed(obj: Manifest) -> bool:
    """Say whether a job has failed and was not cancelled, without reading all of it."""
    conditions = obj["status"]["conditions"]
    is_failed = any(
        each["status"] == "True" and each["type"] == "Failed" for each in conditions
    )
    return (
        is_failed
        and names.CANCELLED_BY_ANNOTATION not in obj["metadata"]["annotations"]
    )


def submitted_at(obj: Manifest) -> str:
    """Return when the first attempt of a job was made, in RFC 3339."""
    metadata = obj["metadata"]
    text: str = metadata["creationTimestamp"]
    return str(metadata["annotations"].get(names.SUBMITTED_AT_ANNOTATION, text))


def read_job(obj: Manifest) -> ObservedJob | None:
    """Read a job that this service made; None for what somebody else made."""
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    project = names.namespace_project(metadata["namespace"])
    owner = annotations.get(names.OWNER_NAME_ANNOTATION)
    kept = read_annotations(annotations)
    is_terminating = bool(metadata.get("deletionTimestamp"))
    if project is None or not owner or kept is None or is_terminating:
        return None
    status = obj.get("status") or {}
    conditions = {
        each["type"]: each
        for each in status.get("conditions") or []
        if each.get("status") == "True"
    }
    succeeded = next((conditions[t] for t in _SUCCEEDED if t in conditions), None)
    ended = conditions.get("Failed") or succeeded
    outcome = Outcome.FAILED if "Failed" in conditions else Outcome.SUCCEEDED
    failure = _read_failure(obj["kind"], conditions.get("Failed"))
    return ObservedJob(
        id=metadata["labels"][names.JOB_LABEL],
        uid=metadata["uid"],
        project=project,
        owner=owner,
        spec=kept.spec,
        is_unsupported=kept.is_unsupported,
        created=read_time(submitted_at(obj)) or datetime.min,  # noqa: DTZ901
        kind=obj["kind"],
        data_secrets=_read_secrets(annotations),
        disks=_read_disks(annotations.get(names.EPHEMERAL_STORAGE_ANNOTATION, "")),
        attempt=attempt_of(obj),
        restarts=_read_restarts(annotations.get(names.RESTARTS_ANNOTATION, "")),
        is_suspended=obj["suspended"],
        cancelled_by=annotations.get(names.CANCELLED_BY_ANNOTATION, ""),
        cancelled_at=read_time(annotations.get(names.CANCELLED_AT_ANNOTATION)),
        is_suspension_observed="Suspended" in conditions,
        outcome=outcome if ended else None,
        outcome_message=failure.message if failure else "",
        exit_code=failure.exit_code if failure else None,
        finished=read_time(status.get("completionTime"))
        or read_time((ended or {}).get("lastTransitionTime")),
        conditions=read_conditions(annotations),
        failure=read_failure(annotations),
        notified=annotations.get(names.NOTIFIED_ANNOTATION, ""),
    )


def _read_secrets(annotations: Manifest) -> frozenset[str]:
    text: str = annotations.get(names.DATA_SECRETS_ANNOTATION, "")
    return frozenset(text.split(",")) - {""}


def _read_failure(kind: str, failed: Manifest | None) -> ReportedFailure | None:
    if failed is None:
        return None
    return engine_of(kind_by_name(kind)).read_failure(failed.get("message") or "")


_read_disks = lru_cache(maxsize=1024)(read_disks)


@lru_cache(maxsize=1024)
def _read_restarts(text: str) -> tuple[RestartRecord, ...]:
    try:
        return _RESTARTS.validate_json(text) if text else ()
    except ValidationError:
        return ()
