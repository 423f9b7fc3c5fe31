"""Read the operator's objects: cut them to what is kept, then make values of them.

Pure. Memory of the service is what is kept here times the number of jobs, so an
object is cut before it enters a cache and parsed when somebody asks for it.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from pydantic import ValidationError

from mofang.models import JobSpec
from mofang_hub.jobs.engines.manifest import CONTAINER, INDEX_LABEL
from mofang_hub.jobs.models import JobSeen, Manifest, Outcome, PodPhase, PodSeen
from mofang_kube import names

MAX_MESSAGE = 4096
"""Longest message that is kept of anything; last words have 2 KiB."""

MAX_KEPT_SPEC = 4096
MOST_KEPT_SPECS = 8192
"""Specifications are parsed once, since every look at a job reads its own; long ones
again and again, since together they could fill our memory."""

_STOPPED = {"Succeeded", "Failed", "Suspended"}

_KEPT_METADATA = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "deletionTimestamp",
    "labels",
)


def trim_job(obj: Manifest) -> Manifest:
    """Keep of a PyTorchJob what ``read_job`` reads."""
    metadata = _trimmed_metadata(obj)
    annotations = obj["metadata"].get("annotations") or {}
    metadata["annotations"] = {
        name: annotations[name]
        for name in (
            names.JOB_SPEC_ANNOTATION,
            names.OWNER_NAME_ANNOTATION,
            names.CANCELLED_BY_ANNOTATION,
            names.CANCELLED_AT_ANNOTATION,
        )
        if name in annotations
    }
    status = obj.get("status") or {}
    conditions = [
        {key: each.get(key) for key in ("type", "status", "message")}
        | {"lastTransitionTime": each.get("lastTransitionTime")}
        for each in status.get("conditions") or []
    ]
    kept = {"conditions": conditions, "completionTime": status.get("completionTime")}
    return {"metadata": metadata, "status": kept}


def has_stopped(obj: Manifest) -> bool:
    """Say whether a job has ended or is suspended, without reading all of it."""
    conditions = (obj.get("status") or {}).get("conditions") or []
    return any(
        each["status"] == "True" and each["type"] in _STOPPED for each in conditions
    )


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
    ended = conditions.get("Failed") or conditions.get("Succeeded")
    return JobSeen(
        id=metadata["name"],
        uid=metadata["uid"],
        project=project,
        owner=owner,
        spec=spec,
        created=_time(metadata["creationTimestamp"]) or datetime.min,  # noqa: DTZ901
        cancelled_by=annotations.get(names.CANCELLED_BY_ANNOTATION, ""),
        cancelled_at=_time(annotations.get(names.CANCELLED_AT_ANNOTATION)),
        is_suspended="Suspended" in conditions,
        outcome=Outcome(ended["type"]) if ended else None,
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
        if each["name"] == CONTAINER
    ]
    spec = obj.get("spec") or {}
    images = [
        {"name": each["name"], "image": each.get("image", "")}
        for each in spec.get("containers") or []
        if each["name"] == CONTAINER
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
    index, role = labels.get(INDEX_LABEL, ""), labels.get(names.ROLE_LABEL, "")
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
        if each["name"] == CONTAINER:
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
