"""Which container a shell may be opened in: found anew for each shell.

The watch may be late, so the pod is read from the API server and everything that
the decision rests on is compared once more.
"""

from __future__ import annotations

from mofang_jobs.adapters.pod_storage import Containers
from mofang_jobs.domain.access import Action
from mofang_jobs.domain.container_commands import Target
from mofang_jobs.domain.frameworks import role_names
from mofang_jobs.domain.models import Caller, JobSeen, Manifest
from mofang_jobs.domain.status import find_pod, is_open_to_shells
from mofang_jobs.engines.pod_status import read_pod
from mofang_jobs.engines.workload_kinds import JOB_SET, TRAIN_JOB
from mofang_jobs.services.job_lookup import JobLookup
from mofang_kube import names
from mofang_kube.errors import ConflictError, ForbiddenError, NotFoundError

_INDIRECT = {JOB_SET.kind, TRAIN_JOB.kind}


class Targets:
    """Finds containers for shells.

    Args:
        jobs: Says whose a job is, and refuses those who may not.
        pods: Pods as they are now.
    """

    def __init__(self, jobs: JobLookup, pods: Containers) -> None:
        self._jobs = jobs
        self._pods = pods

    async def find(
        self, caller: Caller, project: str, job: str, replica: tuple[str, int]
    ) -> Target:
        """Return the container, if the caller may open a shell in it now.

        Raises:
            NotFoundError: There is no such job or replica for the caller.
            ForbiddenError: It is not the caller's.
            ConflictError: It does not run.
        """
        role, index = replica
        found = await self._jobs.find(Action.SHELL, caller, project, job)
        seen = found.seen
        if index >= dict(role_names(seen.spec)).get(role, 0):
            raise NotFoundError(f"The job {job} has no replica {role}-{index}.")
        present = find_pod(found.pods, role, index)
        name = present.name if present else ""
        obj = await self._pods.find_pod(seen.namespace, name) if name else None
        pod = read_pod(obj) if obj else None
        if obj is None or pod is None:
            raise ConflictError(
                f"{role}-{index} has no container now. Wait until it runs."
            )
        if not _belongs(obj, seen, caller, role, index):
            raise ForbiddenError(
                f"The container {name} is not one of your job {job}, so no shell is "
                "opened in it."
            )
        if not is_open_to_shells(pod):
            raise ConflictError(
                f"{role}-{index} does not run, so no shell can be opened in it."
            )
        return Target(
            project=project,
            job=job,
            role=role,
            index=index,
            namespace=seen.namespace,
            pod=name,
            uid=pod.uid,
            working_directory=seen.spec.working_directory,
            container=pod.container,
        )

    async def is_allowed_still(self, caller: Caller, target: Target) -> None:
        """Return if the shell would be opened again.

        Raises:
            MofangError: It would not; says why.
        """
        replica = (target.role, target.index)
        again = await self.find(caller, target.project, target.job, replica)
        if again.uid != target.uid:
            raise ConflictError(f"{target.label} was replaced by another container.")


def _belongs(
    obj: Manifest, seen: JobSeen, caller: Caller, role: str, index: int
) -> bool:
    metadata = obj["metadata"]
    labels = metadata.get("labels") or {}
    wanted = {
        names.JOB_LABEL: seen.id,
        names.PROJECT_LABEL: seen.project,
        names.OWNER_LABEL: caller.slug,
        names.ROLE_LABEL: role,
    }
    pod = read_pod(obj)
    owners = {each.get("uid") for each in metadata.get("ownerReferences") or []}
    return (
        seen.owner == caller.name
        and metadata.get("namespace") == seen.namespace
        and all(labels.get(name) == value for name, value in wanted.items())
        and pod is not None
        and pod.index == index
        # Where an operator makes its pods by way of other objects, the attempt's
        # label stands for the owner; nobody but operators makes pods here.
        and (seen.uid in owners or seen.kind in _INDIRECT)
        and pod.attempt == seen.attempt
    )
