"""The network of a job: its replicas reach each other, and those of no other job. Pure.

In a project's namespace everything is denied that no policy allows, so a job without
its policy is cut off from itself, and never open to others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mofang_jobs.domain.gang import Owner
from mofang_jobs.domain.models import Manifest, ObservedJob, ObservedPod
from mofang_kube.names import JOB_LABEL

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"
PATH = f"/apis/{API_VERSION}/networkpolicies"


def has_network(job: ObservedJob) -> bool:
    """Say whether a job has replicas that may call each other."""
    return sum(role.replicas for role in job.spec.resolved_roles()) > 1


def requires_network(job: ObservedJob) -> bool:
    """Say whether a job may run now, and its replicas call each other."""
    return job.outcome is None and not job.is_suspended and has_network(job)


def is_over(job: ObservedJob, pods: Sequence[ObservedPod]) -> bool:
    """Say whether no replica of a job calls another any more."""
    has_ended = job.outcome is not None or bool(job.cancelled_by)
    return has_ended and all(pod.has_ended for pod in pods)


def build_policy(job: ObservedJob, owner: Owner) -> Manifest:
    """Build the NetworkPolicy of an attempt, which is collected with its object.

    All attempts of a job have the same network: it goes by the label of the job.

    Args:
        job: The job.
        owner: Object that the policy is deleted with.
    """
    replicas: dict[str, Any] = {"podSelector": {"matchLabels": {JOB_LABEL: job.id}}}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": job.object_name,
            "namespace": job.namespace,
            "labels": dict(owner.labels),
            "ownerReferences": [
                {
                    "apiVersion": owner.api_version,
                    "kind": owner.kind,
                    "name": owner.name,
                    "uid": owner.uid,
                }
            ],
        },
        "spec": {
            **replicas,
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": [replicas]}],
            "egress": [{"to": [replicas]}],
        },
    }
