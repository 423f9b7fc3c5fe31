"""Talk to Kubernetes about jobs of the Kubeflow Training Operator v1."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes_asyncio.client import (
    ApiClient,
    ApiException,
    CoreV1Api,
    CustomObjectsApi,
)

from mofang_hub.jobs.engines.manifest import (
    CONTAINER,
    GROUP,
    PLURAL,
    VERSION,
    build_cancellation,
    build_pytorch_job,
)
from mofang_hub.jobs.engines.reading import trim_job, trim_pod
from mofang_hub.jobs.gang import GangPolicy
from mofang_hub.jobs.models import Manifest, NewJob
from mofang_hub.jobs.placement import Machine
from mofang_kube.errors import api_message, translated

KIND = "job"
ANSWER_SECONDS = 30
CHUNK_BYTES = 64 * 1024

ATTEMPTS = 4
PAUSE_SECONDS = 1.0
_NO_WEBHOOK = "failed calling webhook"


class KubeflowEngine:
    """Creates, cancels and deletes PyTorchJobs, and reads what is said of them.

    Args:
        api: The client; shared, not closed here.
        gang: How replicas are admitted.
    """

    def __init__(self, api: ApiClient, gang: GangPolicy) -> None:
        self._objects = CustomObjectsApi(api)
        self._core = CoreV1Api(api)
        self._gang = gang

    async def create(self, job: NewJob, machines: Iterable[Machine]) -> Manifest:
        """Create a job by one call, so that it is there whole or not at all.

        Raises:
            MofangError: Kubernetes did not take it.
        """
        body = self._gang.applied(build_pytorch_job(job, machines), job)
        with translated("create", KIND, job.id):
            return trim_job(await self._create(job.namespace, body))

    async def _create(self, namespace: str, body: Manifest) -> Any:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._call("create_namespaced", namespace, body=body)
            except ApiException as err:
                # Just after a roll-out the operator's check is not reachable yet.
                # What it did not check was not created, so asking again is safe.
                if attempt == ATTEMPTS or _NO_WEBHOOK not in api_message(err):
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError

    async def find(self, namespace: str, job_id: str) -> Manifest | None:
        """Return a job as it is now, if it is there."""
        with translated("read", KIND, job_id):
            try:
                return trim_job(await self._call("get_namespaced", namespace, job_id))
            except ApiException as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    return None
                raise

    async def cancel(self, seen_as: Manifest, user: str, at: str) -> Manifest:
        """Ask for the end of a job, unless it has changed since it was seen.

        Raises:
            ConflictError: It has changed.
            NotFoundError: It is gone.
        """
        metadata = seen_as["metadata"]
        patch = build_cancellation(user, at)
        patch["metadata"]["resourceVersion"] = metadata["resourceVersion"]
        with translated("cancel", KIND, metadata["name"]):
            changed = await self._call(
                "patch_namespaced",
                metadata["namespace"],
                metadata["name"],
                body=patch,
                _content_type="application/merge-patch+json",
            )
        return trim_job(changed)

    async def delete(self, namespace: str, job_id: str) -> None:
        """Remove a job and its pods; one that is gone is fine."""
        with translated("delete", KIND, job_id):
            try:
                await self._call(
                    "delete_namespaced",
                    namespace,
                    job_id,
                    propagation_policy="Background",
                )
            except ApiException as err:
                if err.status != HTTPStatus.NOT_FOUND:
                    raise

    async def find_pod(self, namespace: str, name: str) -> Manifest | None:
        """Return a pod as it is now, if it is there."""
        with translated("read", "pod", name):
            try:
                pod = await self._core.read_namespaced_pod(
                    name, namespace, _request_timeout=ANSWER_SECONDS
                )
            except ApiException as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    return None
                raise
        body: Manifest = self._core.api_client.sanitize_for_serialization(pod)
        return trim_pod(body)

    async def warnings(self, namespace: str, name: str) -> list[tuple[str, str]]:
        """Return reason and message of an object's warnings, the newest last."""
        selector = f"involvedObject.name={name},type=Warning"
        with translated("read", "events of", name):
            events = await self._core.list_namespaced_event(
                namespace,
                field_selector=selector,
                limit=100,
                _request_timeout=ANSWER_SECONDS,
            )
        found = sorted(
            (
                str(each.last_timestamp or each.event_time or ""),
                each.reason or "",
                each.message or "",
            )
            for each in events.items
        )
        return [(reason, message) for _, reason, message in found]

    async def images_of_servers(self, namespace: str, owner: str) -> set[str]:
        """Return the images of a user's running servers in a namespace.

        Args:
            namespace: The project's.
            owner: The user's slug.
        """
        selector = f"mofang.dev/owner={owner},mofang.dev/environment,!mofang.dev/job"
        with translated("read", "servers of", owner):
            pods = await self._core.list_namespaced_pod(
                namespace, label_selector=selector, _request_timeout=ANSWER_SECONDS
            )
        return {pod.spec.containers[0].image for pod in pods.items}

    async def read_output(
        self, namespace: str, pod: str, *, follow: bool
    ) -> AsyncIterator[bytes]:
        """Yield what the kubelet kept of a replica's output, piece by piece."""
        with translated("read", "the output of", pod):
            response: Any = await self._core.read_namespaced_pod_log(
                pod,
                namespace,
                container=CONTAINER,
                follow=follow,
                _preload_content=False,
                _request_timeout=aiohttp.ClientTimeout(
                    total=None if follow else ANSWER_SECONDS
                ),
            )
            try:
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise ApiException(
                        status=response.status, reason=await response.text()
                    )
                async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                    yield chunk
            finally:
                response.close()

    async def _call(self, verb: str, namespace: str, *name: str, **more: Any) -> Any:
        call = getattr(self._objects, f"{verb}_custom_object")
        body = more.pop("body", None)
        arguments = [GROUP, VERSION, namespace, PLURAL, *name]
        if body is not None:
            arguments.append(body)
        return await call(*arguments, _request_timeout=ANSWER_SECONDS, **more)
