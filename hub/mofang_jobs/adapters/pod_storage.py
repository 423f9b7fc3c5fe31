"""Read what Kubernetes says of pods: those of jobs and those of servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import aiohttp
from kubernetes_asyncio.client import ApiClient, ApiException, CoreV1Api

from mofang_jobs.domain.models import Manifest
from mofang_jobs.engines.pod_status import strip_pod
from mofang_kube.errors import wrap_api_errors
from mofang_kube.names import ENVIRONMENT_LABEL, JOB_LABEL, OWNER_LABEL

ANSWER_SECONDS = 30
CHUNK_BYTES = 64 * 1024


class PodStorage:
    """Reads pods, their warnings and their output.

    Args:
        api: The client; shared, not closed here.
    """

    def __init__(self, api: ApiClient) -> None:
        self._core = CoreV1Api(api)

    async def find_pod(self, namespace: str, name: str) -> Manifest | None:
        """Return a pod as it is now, if it is there."""
        with wrap_api_errors("read", "pod", name):
            try:
                pod = await self._core.read_namespaced_pod(
                    name, namespace, _request_timeout=ANSWER_SECONDS
                )
            except ApiException as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    return None
                raise
        body: Manifest = self._core.api_client.sanitize_for_serialization(pod)
        return strip_pod(body)

    async def warnings(self, namespace: str, name: str) -> list[tuple[str, str]]:
        """Return reason and message of an object's warnings, the newest last."""
        selector = f"involvedObject.name={name},type=Warning"
        with wrap_api_errors("read", "events of", name):
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
        selector = f"{OWNER_LABEL}={owner},{ENVIRONMENT_LABEL},!{JOB_LABEL}"
        with wrap_api_errors("read", "servers of", owner):
            pods = await self._core.list_namespaced_pod(
                namespace, label_selector=selector, _request_timeout=ANSWER_SECONDS
            )
        return {pod.spec.containers[0].image for pod in pods.items}

    async def read_output(
        self, namespace: str, pod: str, container: str, *, follow: bool
    ) -> AsyncIterator[bytes]:
        """Yield what the kubelet kept of a replica's output, piece by piece.

        Args:
            namespace: Namespace of the project.
            pod: Name of the pod.
            container: Empty for the only one.
            follow: Go on until the container ends.
        """
        with wrap_api_errors("read", "the output of", pod):
            response: Any = await self._core.read_namespaced_pod_log(
                pod,
                namespace,
                container=container or None,
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
