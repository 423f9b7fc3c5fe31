"""Read pods of jobs: cut them to what is kept, then make values of them. Pure."""

from __future__ import annotations

from mofang_jobs.domain.models import Manifest, ObservedPod, PodPhase
from mofang_jobs.engines.object_meta import (
    attempt_of,
    read_time,
    stripped_metadata,
)
from mofang_jobs.engines.registry import CONTAINERS, INDEX_LABELS
from mofang_kube import names

MAX_MESSAGE = 4096
"""Longest message that is kept of anything; last words have 2 KiB."""


def strip_pod(obj: Manifest) -> Manifest:
    """Keep of a pod what ``read_pod`` reads."""
    status = obj.get("status") or {}
    scheduled = [
        {key: each.get(key) for key in ("type", "status", "reason", "message")}
        for each in status.get("conditions") or []
        if each.get("type") == "PodScheduled"
    ]
    containers = [
        {"name": each["name"], "state": _stripped_state(each.get("state") or {})}
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
        "metadata": stripped_metadata(obj)
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


def read_pod(obj: Manifest) -> ObservedPod | None:
    """Read a replica's pod; None for a pod that is no replica of a job."""
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    role = labels.get(names.ROLE_LABEL, "")
    # A role with one replica is not numbered by every operator.
    index = next(filter(None, map(labels.get, INDEX_LABELS)), "0")
    if not index.isdecimal() or not role:
        return None
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    state = _container_state(status)
    waiting = state.get("waiting") or {}
    ended = state.get("terminated") or {}
    running = state.get("running") or {}
    containers = spec.get("containers") or [{}]
    return ObservedPod(
        name=metadata["name"],
        uid=metadata["uid"],
        role=role,
        index=int(index),
        phase=PodPhase(status.get("phase") or "Pending"),
        node=spec.get("nodeName"),
        is_terminating=bool(metadata.get("deletionTimestamp")),
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
        termination_message=ended.get("message") or "",
        started=read_time(running.get("startedAt") or ended.get("startedAt")),
        finished=read_time(ended.get("finishedAt")),
    )


def _stripped_state(state: Manifest) -> Manifest:
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
            return each.get("message") or "no node fits"
    return ""
