"""The one way to an API client: in a pod by its account, else by kubeconfig."""

import os
from pathlib import Path

from kubernetes_asyncio import client, config
from kubernetes_asyncio.client import ApiClient

__all__ = ["ApiClient", "load"]

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")


def _in_cluster() -> bool:
    return _ACCOUNT.exists() and "KUBERNETES_SERVICE_HOST" in os.environ


async def load() -> ApiClient:
    """A client of the cluster this process belongs to; close it when done."""
    configuration = client.Configuration()
    if _in_cluster():
        config.load_incluster_config(client_configuration=configuration)
    else:
        await config.load_kube_config(client_configuration=configuration)
    return ApiClient(configuration)
