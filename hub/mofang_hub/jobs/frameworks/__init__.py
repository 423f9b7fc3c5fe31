"""Frameworks: which roles a job has and how their processes find each other."""

from __future__ import annotations

from mofang.models import Framework, JobSpec
from mofang_hub.jobs.frameworks import pytorch
from mofang_hub.jobs.models import NewJob, RolePlan


def plan_roles(job: NewJob) -> tuple[RolePlan, ...]:
    """Return the roles that the job's framework asks for."""
    match job.spec.framework:
        case Framework.PYTORCH:
            return pytorch.plan_roles(job)


def role_names(spec: JobSpec) -> tuple[tuple[str, int], ...]:
    """Return each role's name and number of replicas."""
    match spec.framework:
        case Framework.PYTORCH:
            return ((pytorch.WORKER, spec.replicas),)
