"""Create, read, change and delete the objects of jobs, of whichever kind."""

from __future__ import annotations

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Any

from kubernetes_asyncio.client import (
    ApiClient,
    ApiException,
    CustomObjectsApi,
)

from mofang_jobs.domain.gang import GROUP_KIND, GROUP_PLURAL
from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.base import Resource, WorkloadKind
from mofang_jobs.engines.job_manifest import build_cancellation, build_unsuspension
from mofang_jobs.engines.object_status import strip_job
from mofang_jobs.engines.registry import PREREQUISITES, RETRIED_REFUSALS
from mofang_kube.errors import api_message, wrap_api_errors
from mofang_kube.names import JOB_LABEL

KIND = "job"
ANSWER_SECONDS = 30

ATTEMPTS = 4
PAUSE_SECONDS = 1.0
_NOT_YET = (
    # Just after a roll-out the operator's check is not reachable.
    "failed calling webhook",
    *RETRIED_REFUSALS,
)
_MERGE = "application/merge-patch+json"


class JobStorage:
    """Creates, unsuspends, cancels and deletes jobs.

    Args:
        api: The client; shared, not closed here.
    """

    def __init__(self, api: ApiClient) -> None:
        self._objects = CustomObjectsApi(api)

    async def create(self, kind: WorkloadKind, objects: list[Manifest]) -> Manifest:
        """Create a job: what it needs first, then the job itself.

        Prerequisites are created first; if creating the job fails, ``collect_orphans``
        deletes them.

        Args:
            kind: Which resource runs it.
            objects: As ``render`` returns them.

        Raises:
            ConflictError: There is one of that name.
            MofangError: Kubernetes did not take it.
        """
        *prerequisites, body = objects
        name = body["metadata"]["name"]
        with wrap_api_errors("create", KIND, name):
            for prerequisite in prerequisites:
                await self.create_if_absent(prerequisite)
            created = await self._create(kind, body)
        for prerequisite in prerequisites:
            await self._set_owner_reference(prerequisite, created)
        return strip_job(kind, created)

    async def _create(self, kind: WorkloadKind, body: Manifest) -> Any:
        namespace = body["metadata"]["namespace"]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._call(kind, "create_namespaced", namespace, body=body)
            except ApiException as err:
                # What an operator's check did not admit was not created, so asking
                # again is safe.
                message = api_message(err)
                if attempt == ATTEMPTS or not any(each in message for each in _NOT_YET):
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError

    async def create_if_absent(self, body: Manifest) -> None:
        """Create an object unless it exists."""
        with wrap_api_errors("create", body["kind"], body["metadata"]["name"]):
            try:
                await self._objects.create_namespaced_custom_object(
                    *_address(body), body, _request_timeout=ANSWER_SECONDS
                )
            except ApiException as err:
                if err.status != HTTPStatus.CONFLICT:
                    raise

    async def _set_owner_reference(self, prerequisite: Manifest, job: Manifest) -> None:
        """Set an ownerReference: the garbage collector deletes it with the job."""
        owner = {
            "apiVersion": job["apiVersion"],
            "kind": job["kind"],
            "name": job["metadata"]["name"],
            "uid": job["metadata"]["uid"],
        }
        name = prerequisite["metadata"]["name"]
        with wrap_api_errors("change", prerequisite["kind"], name):
            await self._objects.patch_namespaced_custom_object(
                *_address(prerequisite),
                name,
                {"metadata": {"ownerReferences": [owner]}},
                _content_type=_MERGE,
                _request_timeout=ANSWER_SECONDS,
            )

    async def collect_orphans(self, before: datetime) -> None:
        """Remove what was made for jobs that never came to be.

        Args:
            before: What is younger may still get its job.
        """
        for resource in PREREQUISITES:
            for namespace, name, made in await list_orphans(self._objects, resource):
                if made >= before:
                    continue
                with wrap_api_errors("delete", resource.kind, name):
                    await self._objects.delete_namespaced_custom_object(
                        resource.group,
                        resource.version,
                        namespace,
                        resource.plural,
                        name,
                        _request_timeout=ANSWER_SECONDS,
                    )

    async def find(
        self, kind: WorkloadKind, namespace: str, name: str
    ) -> Manifest | None:
        """Return a job's object as it is now, if it is there.

        Args:
            kind: Kind of the object.
            namespace: Namespace of the project.
            name: Name of the object.
        """
        with wrap_api_errors("read", KIND, name):
            try:
                found = await self._call(kind, "get_namespaced", namespace, name)
            except ApiException as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    return None
                raise
        return strip_job(kind, found)

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

    async def _patch(
        self, verb: str, kind: WorkloadKind, current: Manifest, patch: Manifest
    ) -> Manifest:
        metadata = current["metadata"]
        body = {
            **patch,
            "metadata": {
                **patch.get("metadata", {}),
                "resourceVersion": metadata["resourceVersion"],
            },
        }
        with wrap_api_errors(verb, KIND, metadata["name"]):
            changed = await self._call(
                kind,
                "patch_namespaced",
                metadata["namespace"],
                metadata["name"],
                body=body,
                _content_type=_MERGE,
            )
        return strip_job(kind, changed)

    async def delete(self, kind: WorkloadKind, namespace: str, name: str) -> None:
        """Remove a job's object and its pods; one that is gone is fine.

        Args:
            kind: Kind of the object.
            namespace: Namespace of the project.
            name: Name of the object.
        """
        with wrap_api_errors("delete", KIND, name):
            try:
                await self._call(
                    kind,
                    "delete_namespaced",
                    namespace,
                    name,
                    propagation_policy="Background",
                )
            except ApiException as err:
                if err.status != HTTPStatus.NOT_FOUND:
                    raise

    async def _call(
        self, kind: WorkloadKind, verb: str, namespace: str, *name: str, **more: Any
    ) -> Any:
        call = getattr(self._objects, f"{verb}_custom_object")
        body = more.pop("body", None)
        arguments = [kind.group, kind.version, namespace, kind.plural, *name]
        if body is not None:
            arguments.append(body)
        return await call(*arguments, _request_timeout=ANSWER_SECONDS, **more)


async def list_orphans(
    objects: CustomObjectsApi, resource: Resource
) -> list[tuple[str, str, datetime]]:
    """Return namespace, name and time of creation of what belongs to no job.

    Args:
        objects: The client.
        resource: Of which jobs have objects of their own.
    """
    with wrap_api_errors("list", resource.kind, ""):
        try:
            answer = await objects.list_cluster_custom_object(
                resource.group,
                resource.version,
                resource.plural,
                label_selector=JOB_LABEL,
                _request_timeout=ANSWER_SECONDS,
            )
        except ApiException as err:
            if err.status == HTTPStatus.NOT_FOUND:
                return []
            raise
    return [
        (
            metadata["namespace"],
            metadata["name"],
            datetime.fromisoformat(metadata["creationTimestamp"]),
        )
        for each in answer["items"]
        for metadata in [each["metadata"]]
        if not metadata.get("ownerReferences")
    ]


_PLURALS = {
    GROUP_KIND: GROUP_PLURAL,
    **{each.kind: each.plural for each in PREREQUISITES},
}


def _address(body: Manifest) -> tuple[str, str, str, str]:
    """Return group, version, namespace and plural of what a job needs."""
    group, _, version = body["apiVersion"].partition("/")
    return group, version, body["metadata"]["namespace"], _PLURALS[body["kind"]]
