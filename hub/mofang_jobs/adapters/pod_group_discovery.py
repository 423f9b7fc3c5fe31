"""What a cluster has for gangs."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from kubernetes_asyncio.client import (
    AdmissionregistrationV1Api,
    ApiClient,
    ApiException,
)

from mofang_jobs.adapters.engine_discovery import served_resources
from mofang_jobs.domain.gang import GROUP_PLURAL, ClusterCapabilities, GroupApi
from mofang_kube.errors import wrap_api_errors

ADMISSION_POLICY = "mofang-pod-groups"
ANSWER_SECONDS = 30
_NATIVE_GROUP = "scheduling.k8s.io"


async def discover_capabilities(
    api: ApiClient, candidates: Iterable[GroupApi]
) -> ClusterCapabilities:
    """Return which PodGroups are served, and whether pods can join native ones.

    Args:
        api: The client.
        candidates: APIs that are looked for.

    Raises:
        ClusterError: The cluster does not answer.
    """
    apis = [
        each
        for each in candidates
        if GROUP_PLURAL in await served_resources(api, each.group, each.version)
    ]
    has_native = any(each.group == _NATIVE_GROUP for each in apis)
    return ClusterCapabilities(
        apis=tuple(apis),
        has_admission_policy=has_native and await _has_admission_policy(api),
    )


async def _has_admission_policy(api: ApiClient) -> bool:
    registrations = AdmissionregistrationV1Api(api)
    reads = (
        registrations.read_mutating_admission_policy,
        registrations.read_mutating_admission_policy_binding,
    )
    with wrap_api_errors("read", "MutatingAdmissionPolicy", ADMISSION_POLICY):
        for read in reads:
            try:
                await read(ADMISSION_POLICY, _request_timeout=ANSWER_SECONDS)
            except ApiException as err:
                if err.status == HTTPStatus.NOT_FOUND:
                    return False
                raise
    return True
