"""The replicated Job of a role, of a JobSet or of the runtime of a TrainJob. Pure."""

from __future__ import annotations

from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.pod_template import job_labels


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
