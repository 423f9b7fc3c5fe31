"""The replicated Job of a role, of a JobSet or of the runtime of a TrainJob. Pure."""

from __future__ import annotations

from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.pod_template import job_labels

COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
"""Label by which an Indexed Job numbers its pods."""


def replicated_job_host(job_set: str, replicated: str) -> str:
    """Return the host name of a replicated Job's pods, with ``{index}`` in it.

    Args:
        job_set: Name of the JobSet, which is its headless Service's, too.
        replicated: Name of the replicated Job.
    """
    return f"{job_set}-{replicated}-0-{{index}}.{job_set}"


def replicated_job(
    job: JobRequest, role: RolePodSpec, template: Manifest, *, name: str = ""
) -> Manifest:
    """Return the replicated Job of a role.

    Args:
        job: The job.
        role: Its role.
        template: Of the role's pods.
        name: What it is called, if not as the role.
    """
    template["spec"]["restartPolicy"] = "Never"
    return {
        "name": name or role.name,
        "replicas": 1,
        "template": {
            "metadata": {"labels": job_labels(job)},
            "spec": {
                "parallelism": role.replicas,
                "completions": role.replicas,
                "completionMode": "Indexed",
                "backoffLimit": 0,
                "template": template,
            },
        },
    }
