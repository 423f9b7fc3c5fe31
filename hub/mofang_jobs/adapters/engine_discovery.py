"""Which of the resources that run jobs this cluster has."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from kubernetes_asyncio.client import ApiClient, ApiException, CustomObjectsApi

from mofang_jobs.adapters.cache import JobCache
from mofang_jobs.engines.base import WorkloadKind
from mofang_jobs.engines.registry import KINDS
from mofang_kube.errors import MofangError, wrap_api_errors

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 30
POLL_SECONDS = 60.0
RETRY_SECONDS = 2.0
_NOT_FOUND = 404


async def discover_kinds(api: ApiClient) -> list[WorkloadKind]:
    """Return the kinds that are served, the preferred ones first.

    Raises:
        ClusterError: The cluster does not answer.
    """
    versions = {(kind.group, kind.version) for kind in KINDS}
    served = {each: await served_resources(api, *each) for each in sorted(versions)}
    return [kind for kind in KINDS if kind.plural in served[kind.group, kind.version]]


class EngineDiscovery:
    """Looks again and again which kinds there are: operators come any time.

    Args:
        api: The client; shared, not closed here.
        cache: Follows each kind from then on.
        select_policy: Is called after each look, before the kinds are said to be known.
        retry_seconds: Time until the next look where the cluster did not answer.
    """

    def __init__(
        self,
        api: ApiClient,
        cache: JobCache,
        select_policy: Callable[[], Awaitable[None]],
        *,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._api = api
        self._cache = cache
        self._select_policy = select_policy
        self._retry_seconds = retry_seconds

    async def run(self) -> None:
        """Look until cancelled."""
        seen: list[WorkloadKind] = []
        while True:
            try:
                kinds = await discover_kinds(self._api)
                if kinds != seen:
                    log.info("engines found", kinds=[kind.kind for kind in kinds])
                    seen = kinds
                for kind in kinds:
                    self._cache.follow_kind(kind)
                await self._select_policy()
                self._cache.has_kinds.set()
            except MofangError as err:
                log.warning("engines cannot be discovered yet", error=str(err))
                await asyncio.sleep(self._retry_seconds)
            else:
                await asyncio.sleep(POLL_SECONDS)


async def served_resources(api: ApiClient, group: str, version: str) -> set[str]:
    """Return the plural names of a group's resources; none if it is not served.

    Args:
        api: Open client; stays open.
        group: API group.
        version: Version of the group.
    """
    with wrap_api_errors("discover", "resources of", f"{group}/{version}"):
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
