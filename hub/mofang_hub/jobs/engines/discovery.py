"""Which of the resources that run jobs this cluster has."""

from __future__ import annotations

from collections.abc import Iterable

from kubernetes_asyncio.client import ApiClient, ApiException, CustomObjectsApi

from mofang_hub.jobs.engines.kinds import KINDS, Kind
from mofang_kube.errors import translated

ANSWER_SECONDS = 30
_NOT_FOUND = 404


async def discover_kinds(api: ApiClient) -> list[Kind]:
    """Return the kinds that are served, the preferred ones first.

    Raises:
        ClusterError: The cluster does not answer.
    """
    versions = {(kind.group, kind.version) for kind in KINDS}
    served = {each: await served_resources(api, *each) for each in sorted(versions)}
    return [kind for kind in KINDS if kind.plural in served[kind.group, kind.version]]


async def served_resources(api: ApiClient, group: str, version: str) -> set[str]:
    """Return the plural names of a group's resources; none if it is not served."""
    with translated("discover", "resources of", f"{group}/{version}"):
        try:
            found = await CustomObjectsApi(api).get_api_resources(
                group, version, _request_timeout=ANSWER_SECONDS
            )
        except ApiException as err:
            if err.status == _NOT_FOUND:
                return set()
            raise
    return set(_names(found.resources))


def _names(resources: Iterable[object]) -> Iterable[str]:
    return (getattr(each, "name", "") for each in resources)
