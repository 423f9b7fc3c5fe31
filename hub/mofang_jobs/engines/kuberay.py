"""Render a job as a RayJob of KubeRay, and read what KubeRay says of it. Pure.

KubeRay starts Ray in the containers by itself; the wrapper runs the script on the head,
as the entry point that KubeRay submits.
"""

from __future__ import annotations

import shlex
from typing import Any

from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.job_manifest import build_head
from mofang_jobs.engines.workload_kinds import RAY_JOB

_ENDED = {"Complete": "Succeeded", "Failed": "Failed"}
"""Deployment status of a RayJob → type of the condition that says so elsewhere."""


def build_ray_job(
    job: JobRequest, templates: list[tuple[RolePodSpec, Manifest]]
) -> Manifest:
    """Build the RayJob.

    Args:
        job: The job.
        templates: Its roles with the templates of their pods; the head first.
    """
    (head, head_template), *workers = templates
    entry = _entry_point(head)
    for _, template in templates:
        # The command of the container is KubeRay's to say.
        del template["spec"]["containers"][0]["command"]
    return {
        **build_head(RAY_JOB, job),
        "spec": {
            "suspend": True,
            "entrypoint": shlex.join(entry),
            "submissionMode": "HTTPMode",
            "backoffLimit": 0,
            "shutdownAfterJobFinishes": True,
            # Of its cluster, which would hold the quota; the job itself stays.
            "ttlSecondsAfterFinished": 0,
            "rayClusterSpec": {
                "enableInTreeAutoscaling": False,
                "headGroupSpec": {
                    "rayStartParams": {"dashboard-host": "0.0.0.0"},
                    "template": head_template,
                },
                "workerGroupSpecs": [_group(role, each) for role, each in workers],
            },
        },
    }


def _entry_point(head: RolePodSpec) -> list[str]:
    words = list(head.command)
    words[words.index("--framework") + 1] = "single"
    return words


def _group(role: RolePodSpec, template: Manifest) -> Manifest:
    return {
        "groupName": role.name,
        "replicas": role.replicas,
        "minReplicas": role.replicas,
        "maxReplicas": role.replicas,
        "rayStartParams": {},
        "template": template,
    }


def ray_conditions(status: dict[str, Any]) -> list[Manifest]:
    """Return a RayJob's status as the conditions that other kinds have."""
    state = status.get("jobDeploymentStatus", "")
    if state == "Suspended":
        return [{"type": "Suspended", "status": "True"}]
    if state not in _ENDED:
        return []
    has_failed = status.get("jobStatus") in {"FAILED", "STOPPED"}
    return [
        {
            "type": "Failed" if has_failed else _ENDED[state],
            "status": "True",
            "message": status.get("message"),
            "lastTransitionTime": status.get("endTime"),
        }
    ]
