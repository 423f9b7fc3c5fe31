"""Read of a pod what it reserves, since when, and when it ended. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mofang_hub.usage.intervals import Allocation, WorkloadType
from mofang_kube import names
from mofang_kube.pod_resources import PodResources, strip_resources

log = logging.getLogger(__name__)

Manifest = dict[str, Any]

_LABELS = (
    names.PROJECT_LABEL,
    names.OWNER_LABEL,
    names.ENVIRONMENT_LABEL,
    names.FRAMEWORK_LABEL,
    names.JOB_LABEL,
    names.ROLE_LABEL,
    names.SERVER_LABEL,
    names.STARTED_AHEAD_LABEL,
    names.REPLICA_INDEX_LABEL,
    "training.kubeflow.org/replica-index",
    "batch.kubernetes.io/job-completion-index",
)
_INDEX_LABELS = _LABELS[-3:]
_ENDED = {"Succeeded", "Failed"}
_STATUS_LISTS = (
    "initContainerStatuses",
    "containerStatuses",
    "ephemeralContainerStatuses",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedAllocation:
    """A pod as far as the ledger cares."""

    allocation: Allocation
    started: int
    """When it was bound to its node."""

    has_ended: bool = False
    """Whether it reserves nothing any more: the scheduler counts no ended pods."""

    finished: int | None = None
    """When its last container ended; None while one runs, or where nobody says."""

    deleted: int | None = None
    """When its deletion is complete at the latest; None where nobody deletes it."""


def strip_pod(pod: Manifest) -> Manifest:
    """Keep of a pod what ``read_pod`` reads."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    labels = metadata.get("labels") or {}
    spec = pod.get("spec") or {}
    kept = ("name", "namespace", "uid", "deletionTimestamp")
    return {
        "metadata": {name: metadata[name] for name in kept if name in metadata}
        | {"labels": {name: labels[name] for name in _LABELS if name in labels}},
        "spec": {"nodeName": spec.get("nodeName"), **strip_resources(spec)},
        "status": {
            "phase": status.get("phase"),
            "startTime": status.get("startTime"),
            "conditions": [
                {
                    name: each.get(name)
                    for name in ("type", "status", "lastTransitionTime")
                }
                for each in status.get("conditions") or []
                if each.get("type") in {"PodScheduled", "DisruptionTarget"}
            ],
            **{
                name: [{"state": _stripped_state(each)} for each in status[name]]
                for name in _STATUS_LISTS
                if status.get(name)
            },
        },
    }


def read_pod(pod: Manifest, gpu_model: str = "") -> ObservedAllocation | None:
    """Read a pod; None while it reserves nothing, and for one that is nobody's.

    Args:
        pod: Whole, or as ``strip_pod`` keeps it.
        gpu_model: Of its node.
    """
    metadata, status = pod["metadata"], pod.get("status") or {}
    labels = metadata.get("labels") or {}
    node = (pod.get("spec") or {}).get("nodeName")
    project, owner = labels.get(names.PROJECT_LABEL), labels.get(names.OWNER_LABEL)
    started = _bound_at(status)
    ahead = labels.get(names.STARTED_AHEAD_LABEL, "")
    if not (node and project and owner) or started is None or ahead == names.UNUSED:
        return None
    if ahead.isdecimal():
        # Before somebody used it, nobody held it.
        started = max(started, int(ahead))
    try:
        resources = PodResources.from_pod(pod)
    except ValueError as err:
        log.warning("What pod %s reserves is unknown: %s", metadata["name"], err)
        resources = PodResources()
    has_ended = status.get("phase") in _ENDED
    return ObservedAllocation(
        allocation=Allocation(
            pod_uid=metadata["uid"],
            project=project,
            owner=owner,
            **_workload(metadata["name"], labels),
            node=node,
            gpu_model=gpu_model if resources.gpus else "",
            cpu_millicores=resources.cpu_millicores,
            memory_bytes=resources.memory_bytes,
            gpus=resources.gpus,
        ),
        started=started,
        has_ended=has_ended,
        finished=_finished_at(status, has_ended=has_ended),
        deleted=read_seconds(metadata.get("deletionTimestamp")),
    )


def read_seconds(text: str | None) -> int | None:
    """Return a time of Kubernetes as seconds since 1970; None for none."""
    if not text:
        return None
    return int(datetime.fromisoformat(text).timestamp())


def _workload(pod_name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    if job := labels.get(names.JOB_LABEL):
        index = next(filter(None, map(labels.get, _INDEX_LABELS)), "0")
        role = labels.get(names.ROLE_LABEL, "")
        return {
            "workload_type": WorkloadType.JOB,
            "workload": job,
            "replica": f"{role}-{index}" if role else "",
            "framework": labels.get(names.FRAMEWORK_LABEL, ""),
        }
    return {
        "workload_type": WorkloadType.SERVER,
        "workload": labels.get(names.SERVER_LABEL) or pod_name,
        "environment": labels.get(names.ENVIRONMENT_LABEL, ""),
    }


def _bound_at(status: Manifest) -> int | None:
    """Return when a pod was bound to its node; None before."""
    bound = _transition(status, "PodScheduled", "True")
    # A pod whose node was named by its creator was never scheduled.
    return bound if bound is not None else read_seconds(status.get("startTime"))


def _finished_at(status: Manifest, *, has_ended: bool) -> int | None:
    """Return when the last container of a pod ended, if all have."""
    states = [
        each.get("state") or {}
        for name in _STATUS_LISTS
        for each in status.get(name) or []
    ]
    ends = [
        read_seconds((each.get("terminated") or {}).get("finishedAt"))
        for each in states
    ]
    known = [each for each in ends if each is not None]
    if known and (has_ended or len(known) == len(ends)):
        return max(known)
    # An evicted pod may have no status of its containers.
    return _transition(status, "DisruptionTarget", "True") if has_ended else None


def _transition(status: Manifest, condition: str, value: str) -> int | None:
    for each in status.get("conditions") or []:
        if each.get("type") == condition and each.get("status") == value:
            return read_seconds(each.get("lastTransitionTime"))
    return None


def _stripped_state(status: Manifest) -> Manifest:
    ended = (status.get("state") or {}).get("terminated")
    return {"terminated": {"finishedAt": ended.get("finishedAt")}} if ended else {}
