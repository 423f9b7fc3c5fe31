"""Read the operator's objects: cut them to what is kept, then make values of them.

Pure. Memory of the service is what is kept here times the number of jobs, so an
object is cut before it enters a cache and parsed when somebody asks for it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mofang.models import JobSpec, RestartRecord
from mofang_hub.jobs.engines.kinds import (
    COMPLETION_INDEX,
    CONTAINERS,
    RAY_JOB,
    REPLICA_INDEX,
    Kind,
)
from mofang_hub.jobs.engines.ray_operator import ray_conditions
from mofang_hub.jobs.models import JobSeen, Manifest, Outcome, PodPhase, PodSeen
from mofang_kube import names

MAX_MESSAGE = 4096
"""Longest message that is kept of anything; last words have 2 KiB."""

MAX_KEPT_SPEC = 4096
MOST_KEPT_SPECS = 8192
"""Specifications are parsed once, since every look at a job reads its own; long ones
again and again, since together they could fill our memory."""

_SUCCEEDED = ("Succeeded", "Completed", "Complete")
_ENDED = {*_SUCCEEDED, "Failed"}

_RESTARTS = TypeAdapter(tuple[RestartRecord, ...])

_KEPT_ANNOTATIONS = (
    names.JOB_SPEC_ANNOTATION,
    names.OWNER_NAME_ANNOTATION,
    names.RESTARTS_ANNOTATION,
    names.SUBMITTED_AT_ANNOTATION,
    names.CANCELLED_BY_ANNOTATION,
    names.CANCELLED_AT_ANNOTATION,
)

_KEPT_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
)


def trim_job(kind: Kind, obj: Manifest) -> Manifest:
    """Keep of an engine's object what ``read_job`` reads."""
    metadata = _trimmed_metadata(obj)
    annotations = obj["metadata"].get("annotations") or {}
    metadata["annotations"] = {
        name: annotations[name] for name in _KEPT_ANNOTATIONS if name in annotations
    }
    status = obj.get("status") or {}
    conditions = [
        {key: each.get(key) for key in ("type", "status", "message")}
        | {"lastTransitionTime": each.get("lastTransitionTime")}
        for each in _conditions(kind, status)
    ]
    held: Any = obj
    for step in kind.suspend:
        held = held.get(step) or {}
    return {
        "kind": kind.kind,
        "held": held is True,
        "metadata": metadata,
        "status": {
            "conditions": conditions,
            "completionTime": status.get("completionTime"),
        },
    }


def _conditions(kind: Kind, status: Manifest) -> list[Manifest]:
    if kind is RAY_JOB:
        return ray_conditions(status)
    return list(status.get("conditions") or [])


def job_group(obj: Manifest) -> str | None:
    """Return what attempts of one job share; None for what is no job of ours.

    A TrainJob's labels are handed down to the JobSet it makes, but not the
    specification.
    """
    metadata = obj["metadata"]
    if names.JOB_SPEC_ANNOTATION not in (metadata.get("annotations") or {}):
        return None
    return pod_group(obj)


def pod_group(obj: Manifest) -> str | None:
    """Return what the pods of one job share."""
    metadata = obj["metadata"]
    job = (metadata.get("labels") or {}).get(names.JOB_LABEL)
    return f"{metadata['namespace']}/{job}" if job else None


def has_stopped(obj: Manifest) -> bool:
    """Say whether a job has ended or was cancelled, without reading all of it."""
    conditions = obj["status"]["conditions"]
    if any(each["status"] == "True" and each["type"] in _ENDED for each in conditions):
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


def attempt_of(obj: Manifest) -> int:
    """Return which attempt an object or a pod belongs to."""
    text = (obj["metadata"].get("labels") or {}).get(names.ATTEMPT_LABEL, "1")
    return int(text) if text.isdecimal() else 1


def read_job(obj: Manifest) -> JobSeen | None:
    """Read a job that this service made; None for what somebody else made."""
    metadata = obj["metadata"]
    annotations = metadata.get("annotations") or {}
    project = names.namespace_project(metadata["namespace"])
    owner = annotations.get(names.OWNER_NAME_ANNOTATION)
    spec = _read_spec(annotations.get(names.JOB_SPEC_ANNOTATION, ""))
    is_leaving = bool(metadata.get("deletionTimestamp"))
    if project is None or not owner or spec is None or is_leaving:
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
    return JobSeen(
        id=metadata["labels"][names.JOB_LABEL],
        uid=metadata["uid"],
        project=project,
        owner=owner,
        spec=spec,
        created=_time(submitted_at(obj)) or datetime.min,  # noqa: DTZ901
        kind=obj["kind"],
        attempt=attempt_of(obj),
        restarts=_read_restarts(annotations.get(names.RESTARTS_ANNOTATION, "")),
        is_held=obj["held"],
        cancelled_by=annotations.get(names.CANCELLED_BY_ANNOTATION, ""),
        cancelled_at=_time(annotations.get(names.CANCELLED_AT_ANNOTATION)),
        is_suspended="Suspended" in conditions,
        outcome=outcome if ended else None,
        outcome_message=(ended or {}).get("message") or "",
        finished=_time(status.get("completionTime"))
        or _time((ended or {}).get("lastTransitionTime")),
    )


def _read_spec(text: str) -> JobSpec | None:
    is_short = len(text) <= MAX_KEPT_SPEC
    return _kept_spec(text) if is_short else _parsed_spec(text)


@lru_cache(maxsize=MOST_KEPT_SPECS)
def _kept_spec(text: str) -> JobSpec | None:
    return _parsed_spec(text)


@lru_cache(maxsize=1024)
def _read_restarts(text: str) -> tuple[RestartRecord, ...]:
    try:
        return _RESTARTS.validate_json(text) if text else ()
    except ValidationError:
        return ()


def _parsed_spec(text: str) -> JobSpec | None:
    try:
        return JobSpec.model_validate_json(text)
    except ValidationError:
        return None


def trim_pod(obj: Manifest) -> Manifest:
    """Keep of a pod what ``read_pod`` reads."""
    status = obj.get("status") or {}
    scheduled = [
        {key: each.get(key) for key in ("type", "status", "reason", "message")}
        for each in status.get("conditions") or []
        if each.get("type") == "PodScheduled"
    ]
    containers = [
        {"name": each["name"], "state": _trimmed_state(each.get("state") or {})}
        for each in status.get("containerStatuses") or []
        if each["name"] in CONTAINERS
    ]
    spec = obj.get("spec") or {}
    images = [
        {"name": each["name"], "image": each.get("image", "")}
        for each in spec.get("containers") or []
        if each["name"] in CONTAINERS
    ]
    return {
        "metadata": _trimmed_metadata(obj)
        | {"ownerReferences": obj["metadata"].get("ownerReferences") or []},
        "spec": {"nodeName": spec.get("nodeName"), "containers": images},
        "status": {
            "phase": status.get("phase"),
            "reason": status.get("reason"),
            "message": (status.get("message") or "")[:MAX_MESSAGE],
            "conditions": scheduled,
            "containerStatuses": containers,
        },
    }


def read_pod(obj: Manifest) -> PodSeen | None:
    """Read a replica's pod; None for a pod that is no replica of a job."""
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    role = labels.get(names.ROLE_LABEL, "")
    # A role with one replica is not numbered by every operator.
    index = labels.get(REPLICA_INDEX) or labels.get(COMPLETION_INDEX) or "0"
    if not index.isdecimal() or not role:
        return None
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    state = _container_state(status)
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or {}
    running = state.get("running") or {}
    containers = spec.get("containers") or [{}]
    return PodSeen(
        name=metadata["name"],
        uid=metadata["uid"],
        role=role,
        index=int(index),
        phase=PodPhase(status.get("phase") or "Pending"),
        node=spec.get("nodeName"),
        is_leaving=bool(metadata.get("deletionTimestamp")),
        status_reason=status.get("reason") or "",
        status_message=status.get("message") or "",
        unschedulable=_unschedulable(status),
        waiting_reason=waiting.get("reason") or "",
        waiting_message=waiting.get("message") or "",
        image=containers[0].get("image", ""),
        container=containers[0].get("name", ""),
        attempt=attempt_of(obj),
        exit_code=ended.get("exitCode"),
        exit_reason=ended.get("reason") or "",
        last_words=ended.get("message") or "",
        started=_time(running.get("startedAt") or ended.get("startedAt")),
        finished=_time(ended.get("finishedAt")),
    )


def _trimmed_metadata(obj: Manifest) -> Manifest:
    metadata = obj["metadata"]
    return {name: metadata[name] for name in _KEPT_METADATA if metadata.get(name)}


def _trimmed_state(state: Manifest) -> Manifest:
    kept = {}
    for kind, details in state.items():
        kept[kind] = {
            name: value[:MAX_MESSAGE] if isinstance(value, str) else value
            for name, value in (details or {}).items()
            if name != "containerID"
        }
    return kept


def _container_state(status: Manifest) -> Manifest:
    for each in status.get("containerStatuses") or []:
        if each["name"] in CONTAINERS:
            state: Manifest = each.get("state") or {}
            return state
    return {}


def _unschedulable(status: Manifest) -> str:
    for each in status.get("conditions") or []:
        if each.get("type") == "PodScheduled" and each.get("status") == "False":
            return each.get("message") or "no machine fits"
    return ""


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
