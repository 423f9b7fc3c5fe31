"""Which container a shell may be opened in: found anew for each shell.

The watch may be late, so the pod is read from the API server and everything that
the decision rests on is compared once more.
"""

from __future__ import annotations

from mofang_jobs.adapters.pod_storage import PodStorage
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.container_commands import ShellTarget
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.models import Caller, Manifest, ObservedJob
from mofang_jobs.domain.status import find_pod, is_open_to_shells
from mofang_jobs.engines.pod_status import read_pod
from mofang_jobs.engines.registry import engine_of, kind_by_name
from mofang_jobs.services.job_lookup import JobLookup
from mofang_kube import names
from mofang_kube.errors import ConflictError, ForbiddenError, NotFoundError


class ShellTargetService:
    """Finds containers for shells.

    Args:
        jobs: Says whose a job is, and refuses those who may not.
        pods: Pods as they are now.
    """

    def __init__(self, jobs: JobLookup, pods: PodStorage) -> None:
        self._jobs = jobs
        self._pods = pods

    async def find(
        self, caller: Caller, project: str, job_id: str, replica: tuple[str, int]
    ) -> ShellTarget:
        """Return the container, if the caller may open a shell in it now.

        Args:
            caller: Who asks; what is visible depends on it.
            project: Name of the project.
            job_id: Id of the job, such as ``digits-x1y2z3``.
            replica: Role and index.

        Raises:
            NotFoundError: There is no such job or replica for the caller.
            ForbiddenError: It is not the caller's.
            ConflictError: It does not run.
        """
        role, index = replica
        found = await self._jobs.find(Action.SHELL, caller, project, job_id)
        job = found.job
        if index >= dict(role_names(job.spec)).get(role, 0):
            raise NotFoundError(f"The job {job_id} has no replica {role}-{index}.")
        present = find_pod(found.pods, role, index)
        name = present.name if present else ""
        obj = await self._pods.find_pod(job.namespace, name) if name else None
        pod = read_pod(obj) if obj else None
        if obj is None or pod is None:
            raise ConflictError(
                f"{role}-{index} has no container now. Wait until it runs."
            )
        if not _belongs(obj, job, caller, role, index):
            raise ForbiddenError(
                f"The container {name} is not one of your job {job_id}, so no shell is "
                "opened in it."
            )
        if not is_open_to_shells(pod):
            raise ConflictError(
                f"{role}-{index} does not run, so no shell can be opened in it."
            )
        return ShellTarget(
            project=project,
            job=job_id,
            role=role,
            index=index,
            namespace=job.namespace,
            pod=name,
            uid=pod.uid,
            working_directory=job.spec.working_directory,
            container=pod.container,
        )

    async def reauthorize(self, caller: Caller, target: ShellTarget) -> None:
        """Return if the shell would be opened again.

        Raises:
            MofangError: It would not; says why.
        """
        replica = (target.role, target.index)
        again = await self.find(caller, target.project, target.job, replica)
        if again.uid != target.uid:
            raise ConflictError(f"{target.label} was replaced by another container.")


def _belongs(
    obj: Manifest, job: ObservedJob, caller: Caller, role: str, index: int
) -> bool:
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    wanted = {
        names.JOB_LABEL: job.id,
        names.PROJECT_LABEL: job.project,
        names.OWNER_LABEL: caller.slug,
        names.ROLE_LABEL: role,
    }
    pod = read_pod(obj)
    owners = {each.get("uid") for each in metadata.get("ownerReferences") or []}
    engine = engine_of(kind_by_name(job.kind))
    return (
        job.owner == caller.name
        and metadata.get("namespace") == job.namespace
        and all(labels.get(name) == value for name, value in wanted.items())
        and pod is not None
        and pod.index == index
        # Where an operator makes its pods by way of other objects, the attempt's
        # label stands for the owner; nobody but operators makes pods here.
        and (job.uid in owners or not engine.owns_pods)
        and pod.attempt == job.attempt
    )
