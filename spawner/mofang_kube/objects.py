"""Apply, list and delete Kubernetes objects given as dictionaries.

Knows the addresses of objects and nothing of what they mean. Everything is
written by server-side apply: one request makes an object or puts right what
drifted, and leaves alone the fields that others own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from kubernetes_asyncio import client
from kubernetes_asyncio.client.exceptions import ApiException

from mofang_kube import clients
from mofang_kube.errors import ClusterError, api_message

Manifest = dict[str, Any]

_PLURALS = {"NetworkPolicy": "networkpolicies"}
_NOT_FOUND = 404
_ANSWERS = dict.fromkeys((200, 201, 202), "object")


class ObjectError(ClusterError):
    """Kubernetes refused something, with the object named in the sentence."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.http_status = status
        """What Kubernetes answered; 0 when there was no answer."""

    @property
    def is_permanent(self) -> bool:
        """Whether the same request would be refused again."""
        return self.http_status in {400, 403, 422}


@asynccontextmanager
async def connected_objects(*, field_manager: str) -> AsyncIterator["ObjectStorage"]:
    """Connect by the pod's service account or, outside a pod, by KUBECONFIG."""
    async with await clients.load() as api:
        yield ObjectStorage(api, field_manager=field_manager)


class ObjectStorage:
    """The objects of one cluster, as dictionaries."""

    def __init__(self, api: client.ApiClient, *, field_manager: str) -> None:
        self._api = api
        self._field_manager = field_manager

    async def apply(self, manifest: Manifest) -> Manifest:
        """Make the object, or make it what the manifest says. Idempotent.

        Raises:
            ObjectError: When Kubernetes refuses it.
        """
        answer = await self._request(
            "PATCH",
            _path_of(manifest),
            body=manifest,
            content_type="application/apply-patch+yaml",
            query=[("fieldManager", self._field_manager), ("force", "true")],
        )
        return answer or {}

    async def merge(
        self, manifest: Manifest, change: Manifest, *, subresource: str = ""
    ) -> None:
        """Change fields of an object by a JSON merge patch; None removes one.

        Args:
            manifest: Names the object; the rest of it is ignored.
            change: Fields to set; None removes one.
            subresource: ``status``, or empty for the object itself.
        """
        await self._request(
            "PATCH",
            _path_of(manifest) + (f"/{subresource}" if subresource else ""),
            body=change,
            content_type="application/merge-patch+json",
        )

    async def find(self, manifest: Manifest) -> Manifest | None:
        """Get the object that a manifest names; None when it is not there."""
        return await self._request("GET", _path_of(manifest), missing_ok=True)

    async def delete(self, manifest: Manifest) -> None:
        """Delete the object that a manifest names. Idempotent."""
        await self._request("DELETE", _path_of(manifest), missing_ok=True)

    async def list_objects(
        self, api_version: str, kind: str, *, namespace: str = "", selector: str = ""
    ) -> list[Manifest]:
        """List objects by label; none when their kind is not served here.

        Args:
            api_version: Group and version, such as ``apps/v1``.
            kind: Kind of the object.
            namespace: Empty for all, or for a kind without namespaces.
            selector: Label selector; empty for all.
        """
        answer = await self._request(
            "GET",
            _collection(api_version, kind, namespace),
            query=[("labelSelector", selector)] if selector else [],
            missing_ok=True,
        )
        return list((answer or {}).get("items") or [])

    async def _request(
        self,
        verb: str,
        path: str,
        *,
        body: Manifest | None = None,
        content_type: str = "application/json",
        query: list[tuple[str, str]] | None = None,
        missing_ok: bool = False,
    ) -> Manifest | None:
        try:
            answer: Manifest = await self._api.call_api(
                path,
                verb,
                query_params=query or [],
                header_params={
                    "Accept": "application/json",
                    "Content-Type": content_type,
                },
                body=body,
                response_types_map=_ANSWERS,
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _request_timeout=30,
            )
        except ApiException as err:
            if missing_ok and err.status == _NOT_FOUND:
                return None
            msg = f"Kubernetes refused {verb} {path}: {api_message(err)}"
            raise ObjectError(msg, status=err.status or 0) from err
        except (aiohttp.ClientError, OSError, TimeoutError) as err:
            msg = f"Kubernetes did not answer {verb} {path}: {err}"
            raise ObjectError(msg, status=0) from err
        return answer


def _path_of(manifest: Manifest) -> str:
    metadata = manifest["metadata"]
    collection = _collection(
        manifest["apiVersion"], manifest["kind"], metadata.get("namespace", "")
    )
    return f"{collection}/{metadata['name']}"


def _collection(api_version: str, kind: str, namespace: str) -> str:
    root = "/apis" if "/" in api_version else "/api"
    within = f"/namespaces/{namespace}" if namespace else ""
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    return f"{root}/{api_version}{within}/{plural}"
