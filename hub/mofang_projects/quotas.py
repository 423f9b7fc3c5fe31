"""What a project's pods and jobs may use: quotas, and defaults of containers. Pure."""

from collections.abc import Iterable

from mofang_kube.names import GPU_RESOURCE
from mofang_projects.models import Project, ProjectQuota
from mofang_projects.object_head import Manifest, in_namespace
from mofang_projects.settings import NamespaceSettings

JOB_QUOTA = "mofang-jobs"
_SPARE_JOBS = 10
"""A tenth of the jobs that a project may keep, and at least so many."""


def build_quota(project: Project) -> Manifest:
    """Build the quota. What the project does not name is not limited."""
    return in_namespace(project, "v1", "ResourceQuota", "mofang") | {
        "spec": {"hard": _hard_limits(project.spec.quota)}
    }


def build_job_quota(
    project: Project, settings: NamespaceSettings, counted: Iterable[str] = ()
) -> Manifest:
    """Build the quota of jobs, apart from that of pods.

    A suspended job takes nothing of what pods ask for, and yet room in etcd and in the
    memory of all who watch jobs. The training service counts submissions; this is for
    whatever else makes jobs, and leaves room for the next attempts of those that fail.

    Args:
        project: The project.
        settings: What is the same for all projects.
        counted: Resources that are counted.
    """
    maximum = project.spec.quota.jobs or settings.jobs_per_project
    maximum += max(_SPARE_JOBS, maximum // _SPARE_JOBS)
    return in_namespace(project, "v1", "ResourceQuota", JOB_QUOTA) | {
        "spec": {"hard": {count_name(each): str(maximum) for each in counted}}
    }


def count_name(resource: str) -> str:
    """Return what a ResourceQuota calls the number of a resource's objects."""
    return f"count/{resource}"


def _hard_limits(quota: ProjectQuota) -> dict[str, str]:
    hard = {
        # Nothing of a project is reached but through the gateway.
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }
    if quota.cpu is not None:
        hard["requests.cpu"] = quota.cpu
    if quota.memory is not None:
        hard |= {"requests.memory": quota.memory, "limits.memory": quota.memory}
    if quota.gpu is not None:
        hard[f"requests.{GPU_RESOURCE}"] = str(quota.gpu)
    if quota.pods is not None:
        hard["pods"] = str(quota.pods)
    if quota.ephemeral_storage is not None:
        hard["limits.ephemeral-storage"] = quota.ephemeral_storage
    return hard


def build_limits(project: Project) -> Manifest:
    """Build the defaults of containers that say nothing of their needs.

    A quota refuses such containers; operators add small ones of that kind.
    """
    limit = {
        "type": "Container",
        "defaultRequest": {
            "cpu": "50m",
            "memory": "64Mi",
            "ephemeral-storage": "50Mi",
        },
        "default": {"memory": "256Mi", "ephemeral-storage": "1Gi"},
    }
    return in_namespace(project, "v1", "LimitRange", "mofang") | {
        "spec": {"limits": [limit]}
    }
