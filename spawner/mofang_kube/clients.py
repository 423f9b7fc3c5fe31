"""The one way to an API client: in a pod by its account, else by kubeconfig."""

import os
from pathlib import Path

import aiohttp
from kubernetes_asyncio import client, config
from kubernetes_asyncio.client import ApiClient

__all__ = ["ApiClient", "load"]

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_READ_BUFFER_BYTES = 2**21
"""As kubernetes_asyncio's own: objects in the lines of a watch are large."""


def _in_cluster() -> bool:
    return _ACCOUNT.exists() and "KUBERNETES_SERVICE_HOST" in os.environ


async def load() -> ApiClient:
    """A client of the cluster this process belongs to; close it when done."""
    configuration = client.Configuration()
    if not _in_cluster():
        await config.load_kube_config(client_configuration=configuration)
        return ApiClient(configuration)
    config.load_incluster_config(client_configuration=configuration)
    api = ApiClient(configuration)
    ignore_environment(api)
    return api


def ignore_environment(api: ApiClient) -> None:
    """Do not look for a proxy or a ``.netrc`` before each request.

    kubernetes_asyncio has aiohttp do so, which reads files in two threads one after the
    other for every request. With 20 submissions at once that was most of their time. No
    proxy is between a pod and its API server.
    """
    rest = api.rest_client
    connector = rest.pool_manager.connector
    rest.pool_manager.detach()
    rest.pool_manager = aiohttp.ClientSession(
        connector=connector, read_bufsize=_READ_BUFFER_BYTES
    )
