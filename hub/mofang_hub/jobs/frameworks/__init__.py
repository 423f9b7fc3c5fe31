"""Frameworks: which roles a job has and how their processes find each other."""

from __future__ import annotations

from mofang.models import Framework
from mofang_hub.jobs.frameworks import pytorch
from mofang_hub.jobs.models import NewJob, RolePlan


def plan_roles(job: NewJob) -> tuple[RolePlan, ...]:
    """Return the roles that the job's framework asks for."""
    match job.spec.framework:
        case Framework.PYTORCH:
            return pytorch.plan_roles(job)
