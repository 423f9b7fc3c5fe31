"""What all engines' objects have in common: their header, and how they change. Pure."""

from __future__ import annotations

from typing import Any

from mofang_jobs.domain.models import JobRequest, Manifest
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.pod_template import job_labels
from mofang_jobs.engines.stored_spec import build_annotations
from mofang_kube import names
from mofang_kube.ephemeral_storage import write_disks


def build_head(kind: WorkloadKind, job: JobRequest) -> Manifest:
    """Return the head of the object: its kind, name, labels and annotations."""
    annotations = {
        **build_annotations(job.spec),
        names.OWNER_NAME_ANNOTATION: job.owner,
        names.EPHEMERAL_STORAGE_ANNOTATION: write_disks(job.disks),
    }
    if job.data.secrets:
        annotations[names.DATA_SECRETS_ANNOTATION] = ",".join(job.data.secrets)
    if job.restarts:
        records = ",".join(each.model_dump_json() for each in job.restarts)
        annotations[names.RESTARTS_ANNOTATION] = f"[{records}]"
    if job.submitted:
        annotations[names.SUBMITTED_AT_ANNOTATION] = job.submitted.isoformat()
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {
            "name": job.object_name,
            "namespace": job.namespace,
            "labels": job_labels(job),
            "annotations": annotations,
        },
    }


def build_cancellation(kind: WorkloadKind, user: str, at: str) -> Manifest:
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
        **_suspend(kind, value=True),
    }


def build_unsuspension(kind: WorkloadKind) -> Manifest:
    """Build the patch that lets a waiting job run."""
    return _suspend(kind, value=False)


def _suspend(kind: WorkloadKind, *, value: bool) -> Manifest:
    change: Any = value
    for step in reversed(kind.suspend):
        change = {step: change}
    found: Manifest = change
    return found
