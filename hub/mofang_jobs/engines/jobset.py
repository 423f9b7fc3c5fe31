"""Render a job as a JobSet: one replicated Job per role. Pure."""

from __future__ import annotations

from mofang_jobs.domain.models import JobRequest, Manifest, RolePodSpec
from mofang_jobs.engines.job_manifest import build_head
from mofang_jobs.engines.replicated_job import replicated_job
from mofang_jobs.engines.workload_kinds import JOB_SET


def build_job_set(
    job: JobRequest, templates: list[tuple[RolePodSpec, Manifest]]
) -> Manifest:
    """Build the JobSet.

    Args:
        job: The job.
        templates: Its roles with the templates of their pods.
    """
    present = {role.name for role, _ in templates}
    deciding = job.spec.framework.declaration.success_role
    success: Manifest = {"operator": "All"}
    if deciding in present:
        success["targetReplicatedJobs"] = [deciding]
    return {
        **build_head(JOB_SET, job),
        "spec": {
            "suspend": True,
            "ttlSecondsAfterFinished": int(job.keep.total_seconds()),
            # A failed replica is the job's failure; what comes then is ours to say.
            "failurePolicy": {"maxRestarts": 0},
            "successPolicy": success,
            "network": {"enableDNSHostnames": True, "publishNotReadyAddresses": True},
            "replicatedJobs": [
                replicated_job(job, role, template) for role, template in templates
            ],
        },
    }
