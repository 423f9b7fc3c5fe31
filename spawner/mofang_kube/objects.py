"""The one writer of Kubernetes objects, which are given as dictionaries.

Knows the addresses of objects and nothing of what they mean.

* ``apply`` is for a desired state: server-side apply makes an object or puts right what
  drifted, in one request, and leaves alone the fields that others own.
* ``create`` is for what happens once, such as a job or a server: that the name is taken
  is an answer there. It is sent once: what was not answered may have been created.
* ``merge`` changes some fields of an object that somebody else may own as a whole;
  ``merge_lists`` does so within lists.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Any

from kubernetes_asyncio import client

from mofang_kube import clients
from mofang_kube.errors import ConflictError, NotFoundError, wrap_api_errors

Manifest = dict[str, Any]

_ANSWER_SECONDS = 30
_PLURALS = {"NetworkPolicy": "networkpolicies"}
_STRATEGIC = "application/strategic-merge-patch+json"
_ANSWERS = dict.fromkeys((200, 201, 202), "object")


@asynccontextmanager
async def connected_objects(*, field_manager: str) -> AsyncIterator["ObjectStorage"]:
    """Connect by the pod's service account or, outside a pod, by KUBECONFIG."""
    async with await clients.load() as api:
        yield ObjectStorage(api, field_manager=field_manager)


class ObjectStorage:
    """The objects of one cluster, as dictionaries.

    What Kubernetes refuses is raised as the errors of ``mofang_kube.errors``, with the
    object named in the sentence; ``noun`` and ``verb`` say what people call it and what
    was tried, where that is not its kind and the method.

    Args:
        api: The client; shared, not closed here.
        field_manager: Who owns the fields that are written, in ``managedFields``.
    """

    def __init__(self, api: client.ApiClient, *, field_manager: str) -> None:
        self._api = api
        self._field_manager = field_manager

    async def apply(self, manifest: Manifest) -> Manifest:
        """Make the object, or make it what the manifest says. Idempotent.

        Raises:
            MofangError: Kubernetes refuses it, or does not answer.
        """
        with _wrap("apply", manifest):
            return await self._request(
                "PATCH",
                object_path(manifest),
                body=manifest,
                content_type="application/apply-patch+yaml",
                query=[*self._as_manager(), ("force", "true")],
            )

    async def create(
        self, manifest: Manifest, *, verb: str = "create", noun: str = ""
    ) -> Manifest:
        """Create an object; return it as it was stored.

        Args:
            manifest: The object.
            verb: What is tried, for the message of an error.
            noun: What people call the object, for the message; its kind by default.

        Raises:
            ConflictError: There is one of that name.
            KubernetesUnavailableError: No answer; it may have been created.
            MofangError: Kubernetes refuses it.
        """
        with _wrap(verb, manifest, noun):
            return await self._request(
                "POST",
                _collection_of(manifest),
                body=manifest,
                query=self._as_manager(),
            )

    async def create_if_absent(self, manifest: Manifest) -> None:
        """Create an object unless there is one of that name, whatever is in it."""
        with suppress(ConflictError):
            await self.create(manifest)

    async def replace(self, manifest: Manifest, *, verb: str = "replace") -> Manifest:
        """Write an object whole.

        Raises:
            ConflictError: It is another ``resourceVersion`` by now.
        """
        with _wrap(verb, manifest):
            return await self._request(
                "PUT",
                object_path(manifest),
                body=manifest,
                query=self._as_manager(),
            )

    async def merge(
        self,
        manifest: Manifest,
        change: Manifest,
        *,
        subresource: str = "",
        by_name: bool = False,
        verb: str = "change",
        noun: str = "",
    ) -> Manifest:
        """Change fields of an object by a JSON merge patch; None removes one.

        Args:
            manifest: Names the object.
            change: The patch. With a ``resourceVersion`` in its metadata, only that
                version is changed.
            subresource: Part of the object, such as ``status``.
            by_name: Whether lists of named things, such as containers, are merged as
                well (a strategic merge patch); else the patch has them whole.
            verb: What is tried, for the message.
            noun: What people call the object, for the message.

        Returns:
            The object as it is then.

        Raises:
            ConflictError: It is another version by now.
            NotFoundError: It is gone.
        """
        with _wrap(verb, manifest, noun):
            return await self._request(
                "PATCH",
                object_path(manifest) + (f"/{subresource}" if subresource else ""),
                body=change,
                content_type=_STRATEGIC if by_name else "application/merge-patch+json",
                query=self._as_manager(),
            )

    async def merge_lists(
        self,
        manifest: Manifest,
        change: Manifest,
        *,
        subresource: str = "",
        verb: str = "change",
        noun: str = "",
    ) -> Manifest:
        """Change fields by a strategic merge patch, which knows items by their names.

        For Kubernetes' own kinds: ``merge`` replaces a list such as a pod's containers.

        Args:
            manifest: Names the object.
            change: The patch.
            subresource: Part of the object, such as ``resize``.
            verb: What is tried, for the message.
            noun: What people call the object, for the message.

        Returns:
            The object as it is then.

        Raises:
            MofangError: Kubernetes refuses it, or does not answer.
        """
        with _wrap(verb, manifest, noun):
            return await self._request(
                "PATCH",
                object_path(manifest) + (f"/{subresource}" if subresource else ""),
                body=change,
                content_type="application/strategic-merge-patch+json",
                query=self._as_manager(),
            )

    async def find(self, manifest: Manifest, *, noun: str = "") -> Manifest | None:
        """Get the object that a manifest names; None when it is not there."""
        with suppress(NotFoundError), _wrap("read", manifest, noun):
            return await self._request("GET", object_path(manifest))
        return None

    async def delete(
        self,
        manifest: Manifest,
        *,
        uid: str = "",
        grace_seconds: int | None = None,
        verb: str = "delete",
        noun: str = "",
    ) -> None:
        """Delete the object that a manifest names, and then what it owns. Idempotent.

        Args:
            manifest: Names the object.
            uid: Of the only object that is meant; empty for whatever has the name.
            grace_seconds: How long its processes may go on; None for what it says.
            verb: What is tried, for the message.
            noun: What people call the object, for the message.

        Raises:
            ConflictError: Another object has the name by now.
        """
        query = [("propagationPolicy", "Background")]
        if grace_seconds is not None:
            query.append(("gracePeriodSeconds", str(grace_seconds)))
        with suppress(NotFoundError), _wrap(verb, manifest, noun):
            await self._request(
                "DELETE",
                object_path(manifest),
                query=query,
                body={"preconditions": {"uid": uid}} if uid else None,
            )

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
        path = _collection(api_version, kind, namespace)
        query = [("labelSelector", selector)] if selector else []
        with suppress(NotFoundError), wrap_api_errors("list", kind, namespace):
            answer = await self._request("GET", path, query=query)
            return [
                {**each, "apiVersion": api_version, "kind": kind}
                for each in answer.get("items") or []
            ]
        return []

    async def list_resources(self, api_version: str) -> set[str]:
        """Return the plural names of what a group serves; none if it is not served.

        Args:
            api_version: Group and version, such as ``apps/v1``.
        """
        with suppress(NotFoundError), wrap_api_errors("discover", "group", api_version):
            answer = await self._request("GET", f"/apis/{api_version}")
            return {each["name"] for each in answer.get("resources") or []}
        return set()

    def _as_manager(self) -> list[tuple[str, str]]:
        return [("fieldManager", self._field_manager)]

    async def _request(
        self,
        verb: str,
        path: str,
        *,
        body: Manifest | None = None,
        content_type: str = "application/json",
        query: list[tuple[str, str]] | None = None,
    ) -> Manifest:
        answer: Manifest | None = await self._api.call_api(
            path,
            verb,
            query_params=query or [],
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            response_types_map=_ANSWERS,
            auth_settings=["BearerToken"],
            _return_http_data_only=True,
            _request_timeout=_ANSWER_SECONDS,
        )
        return answer or {}


def object_path(manifest: Manifest) -> str:
    """Return the path of the object that a manifest names."""
    return f"{_collection_of(manifest)}/{manifest['metadata']['name']}"


def _collection_of(manifest: Manifest) -> str:
    namespace = manifest["metadata"].get("namespace", "")
    return _collection(manifest["apiVersion"], manifest["kind"], namespace)


def _collection(api_version: str, kind: str, namespace: str) -> str:
    root = "/apis" if "/" in api_version else "/api"
    within = f"/namespaces/{namespace}" if namespace else ""
    plural = _PLURALS.get(kind, f"{kind.lower()}s")
    return f"{root}/{api_version}{within}/{plural}"


def _wrap(
    verb: str, manifest: Manifest, noun: str = ""
) -> AbstractContextManager[None]:
    return wrap_api_errors(verb, noun or manifest["kind"], manifest["metadata"]["name"])
