"""What every engine's object says of its job. Pure."""

from __future__ import annotations

from mofang_jobs.domain.models import Manifest, NewJob
from mofang_jobs.engines.pod_template import job_labels
from mofang_jobs.engines.stored_spec import build_annotations
from mofang_jobs.engines.workload_kinds import Kind
from mofang_kube import names


def build_head(kind: Kind, job: NewJob) -> Manifest:
    """Return the head of the object: its kind, name, labels and annotations."""
    annotations = {
        **build_annotations(job.spec),
        names.OWNER_NAME_ANNOTATION: job.owner,
    }
    if job.restarts:
        records = ",".join(each.model_dump_json() for each in job.restarts)
        annotations[names.RESTARTS_ANNOTATION] = f"[{records}]"
    if job.submitted:
        annotations[names.SUBMITTED_AT_ANNOTATION] = job.submitted.isoformat()
    return {
        "apiVersion": f"{kind.group}/{kind.version}",
        "kind": kind.kind,
        "metadata": {
            "name": job.object_name,
            "namespace": job.namespace,
            "labels": job_labels(job),
            "annotations": annotations,
        },
    }
