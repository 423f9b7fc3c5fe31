"""Create, read, change and delete the objects of jobs, of whichever kind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.base import Resource, WorkloadKind
from mofang_jobs.engines.job_manifest import build_cancellation, build_unsuspension
from mofang_jobs.engines.object_status import strip_job
from mofang_jobs.engines.registry import RETRIED_REFUSALS
from mofang_kube.errors import KubernetesUnavailableError, MofangError, QuotaError
from mofang_kube.names import WITHOUT_OWNER_LABEL
from mofang_kube.objects import ObjectStorage

NOUN = "job"

ATTEMPTS = 4
PAUSE_SECONDS = 1.0
_NOT_COUNTED = "status unknown for quota"
_COUNT = re.compile(r"limited: count/[^=]+=(\d+)")
_NOT_YET = (
    # Just after a roll-out the operator's check is not reachable.
    "failed calling webhook",
    # Just after an operator was installed, Kubernetes has not counted its jobs yet.
    _NOT_COUNTED,
    *RETRIED_REFUSALS,
)


class JobStorage:
    """Creates, unsuspends, cancels and deletes jobs.

    Args:
        objects: The writer of objects.
        pause_seconds: Time between two attempts to create a job.
    """

    def __init__(
        self, objects: ObjectStorage, *, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        self._objects = objects
        self._pause_seconds = pause_seconds
        self._being_made: set[tuple[str, str]] = set()

    async def create(self, kind: WorkloadKind, objects: list[Manifest]) -> Manifest:
        """Create a job: what it needs first, then the job itself.

        Prerequisites are created first, with a label that says that they have no owner
        yet. Where the job does not come to be, ``list_unowned`` finds them by that.

        Args:
            kind: Which resource runs it.
            objects: As ``render`` returns them.

        Raises:
            ConflictError: There is one of that name.
            KubernetesUnavailableError: No answer; it may have been created.
            MofangError: Kubernetes did not take it.
        """
        *prerequisites, body = objects
        key = body["metadata"]["namespace"], body["metadata"]["name"]
        self._being_made.add(key)
        try:
            for prerequisite in prerequisites:
                await self._objects.create_if_absent(_without_owner(prerequisite))
            created = await self._create_counted(body)
            for prerequisite in prerequisites:
                await self.set_owner(prerequisite, created)
        finally:
            self._being_made.discard(key)
        return strip_job(kind, created)

    async def _create(self, body: Manifest) -> Manifest:
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._objects.create(body, noun=NOUN)
            except MofangError as err:
                # What an operator's check did not admit was not created, so asking
                # again is safe.
                if not any(each in err.message for each in _NOT_YET):
                    raise
            await asyncio.sleep(self._pause_seconds)
        return await self._objects.create(body, noun=NOUN)

    async def _create_counted(self, body: Manifest) -> Manifest:
        """Create a job, unless the project has as many as it may keep."""
        try:
            return await self._create(body)
        except QuotaError as err:
            if (most := _COUNT.search(err.message)) is None:
                raise
            raise QuotaError(
                f"There are {most[1]} jobs of this kind in the project, which is the "
                "most; those that have ended count until they are removed. Delete "
                "some that nobody needs, or ask an administrator for more."
            ) from err
        except MofangError as err:
            if _NOT_COUNTED not in err.message:
                raise
            raise KubernetesUnavailableError(
                "Kubernetes is counting the project's jobs just now. Try again in a "
                "minute."
            ) from err

    async def set_owner(self, prerequisite: Manifest, job: Manifest) -> None:
        """Set an ownerReference: the garbage collector deletes it with the job.

        Raises:
            NotFoundError: It is gone.
        """
        owner = {
            "apiVersion": job["apiVersion"],
            "kind": job["kind"],
            "name": job["metadata"]["name"],
            "uid": job["metadata"]["uid"],
        }
        metadata = {
            "ownerReferences": [owner],
            "labels": {WITHOUT_OWNER_LABEL: None},
        }
        await self._objects.merge(prerequisite, {"metadata": metadata})

    async def list_unowned(self, resource: Resource) -> list[Manifest]:
        """Return the prerequisites of one kind that wait for their job.

        Those that this process makes just now are left out.
        """
        return [
            each
            for each in await self._objects.list_objects(
                resource.api_version, resource.kind, selector=WITHOUT_OWNER_LABEL
            )
            if (each["metadata"]["namespace"], each["metadata"]["name"])
            not in self._being_made
        ]

    async def delete_unowned(self, prerequisite: Manifest) -> None:
        """Remove a prerequisite whose job never came to be."""
        await self._objects.delete(prerequisite)

    async def find(
        self, kind: WorkloadKind, namespace: str, name: str
    ) -> Manifest | None:
        """Return a job's object as it is now, if it is there.

        Args:
            kind: Kind of the object.
            namespace: Namespace of the project.
            name: Name of the object.
        """
        found = await self._objects.find(_job(kind, namespace, name), noun=NOUN)
        return strip_job(kind, found) if found else None

    async def cancel(
        self, kind: WorkloadKind, current: Manifest, user: str, at: str
    ) -> Manifest:
        """Cancel a job, unless it has changed since it was read.

        Args:
            kind: Kind of the object.
            current: The object as it was read; its resourceVersion is required.
            user: Who cancels.
            at: Time in RFC 3339.

        Raises:
            ConflictError: It has changed.
            NotFoundError: It is gone.
        """
        patch = build_cancellation(kind, user, at)
        return await self._patch("cancel", kind, current, patch)

    async def unsuspend(self, kind: WorkloadKind, current: Manifest) -> Manifest:
        """Clear a job's suspend field, unless it has changed since it was read.

        Raises:
            ConflictError: It has changed.
            NotFoundError: It is gone.
        """
        return await self._patch("start", kind, current, build_unsuspension(kind))

    async def annotate(
        self,
        kind: WorkloadKind,
        current: Manifest,
        annotations: Mapping[str, str | None],
    ) -> Manifest:
        """Set annotations of a job, unless it has changed since it was read.

        Args:
            kind: Of the object.
            current: The object as it was read.
            annotations: Values by name; None removes one.

        Raises:
            ConflictError: It has changed.
            NotFoundError: It is gone.
        """
        patch: Manifest = {"metadata": {"annotations": dict(annotations)}}
        return await self._patch("annotate", kind, current, patch)

    async def _patch(
        self, verb: str, kind: WorkloadKind, current: Manifest, patch: Manifest
    ) -> Manifest:
        metadata = current["metadata"]
        change = {
            **patch,
            "metadata": {
                **patch.get("metadata", {}),
                "resourceVersion": metadata["resourceVersion"],
            },
        }
        changed = await self._objects.merge(
            _job(kind, metadata["namespace"], metadata["name"]),
            change,
            verb=verb,
            noun=NOUN,
        )
        return strip_job(kind, changed)

    async def delete(self, kind: WorkloadKind, namespace: str, name: str) -> None:
        """Remove a job's object and its pods; one that is gone is fine.

        Args:
            kind: Kind of the object.
            namespace: Namespace of the project.
            name: Name of the object.
        """
        await self._objects.delete(_job(kind, namespace, name), noun=NOUN)


def _without_owner(prerequisite: Manifest) -> Manifest:
    metadata = prerequisite["metadata"]
    labels = {**metadata.get("labels", {}), WITHOUT_OWNER_LABEL: "true"}
    return {**prerequisite, "metadata": {**metadata, "labels": labels}}


def _job(kind: WorkloadKind, namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"namespace": namespace, "name": name},
    }
