"""JobSet: one replicated Job per role. Pure."""

from __future__ import annotations

from typing_extensions import override

from mofang_api.models import Engine as EngineName
from mofang_api.models import Framework
from mofang_jobs.domain.models import JobRequest, Manifest
from mofang_jobs.engines.base import (
    Engine,
    Templates,
    WorkloadKind,
    all_frameworks,
)
from mofang_jobs.engines.job_manifest import build_head
from mofang_jobs.engines.replicated_job import (
    COMPLETION_INDEX,
    replicated_job,
    replicated_job_host,
)

JOB_SET = WorkloadKind(
    engine=EngineName.JOBSET,
    kind="JobSet",
    group="jobset.x-k8s.io",
    version="v1alpha2",
    plural="jobsets",
    container="replica",
    roles=all_frameworks(),
    suspend=("spec", "suspend"),
)


class JobSet(Engine):
    """JobSet: an Indexed Job per role, whose pods that Job owns."""

    name = EngineName.JOBSET
    kinds = (JOB_SET,)
    index_label = COMPLETION_INDEX

    @override
    def host_of(
        self, kind: WorkloadKind, name: str, framework: Framework, role: str
    ) -> str:
        return replicated_job_host(name, kind.roles[framework][role])

    @override
    def build(
        self, kind: WorkloadKind, job: JobRequest, templates: Templates
    ) -> list[Manifest]:
        present = {role.name for role, _ in templates}
        deciding = job.spec.framework.declaration.success_role
        success: Manifest = {"operator": "All"}
        if deciding in present:
            success["targetReplicatedJobs"] = [deciding]
        body = {
            **build_head(kind, job),
            "spec": {
                "suspend": True,
                "ttlSecondsAfterFinished": int(job.keep.total_seconds()),
                # A failed replica is the job's failure; what comes then is ours to say.
                "failurePolicy": {"maxRestarts": 0},
                "successPolicy": success,
                "network": {
                    "enableDNSHostnames": True,
                    "publishNotReadyAddresses": True,
                },
                "replicatedJobs": [
                    replicated_job(job, role, template) for role, template in templates
                ],
            },
        }
        return [body]
