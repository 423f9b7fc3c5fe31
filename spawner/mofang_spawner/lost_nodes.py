"""Servers on nodes that do not answer: their pods are removed without the kubelet.

As in Kubernetes' "non-graceful node shutdown", nobody confirms there that containers
have ended; a pod that waits for it would keep the name of the next one.
"""

import asyncio
import logging

from mofang_kube.errors import MofangError
from mofang_spawner.context import SpawnContext

RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


async def remove_from_lost_node(
    context: SpawnContext, namespace: str, pod_name: str, node: str
) -> None:
    """Delete a pod by force as soon as its node does not answer; that may be never.

    Args:
        context: Follows nodes, and deletes.
        namespace: Of the pod.
        pod_name: Of the pod.
        node: Its node; empty if it has none, and nothing is to be done.
    """
    if not node:
        return
    await context.until_node_lost(node)
    metadata = {"name": pod_name, "namespace": namespace}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    while True:
        log.warning(
            "Pod %s is deleted by force: its node %s does not answer", pod_name, node
        )
        try:
            await context.objects.delete(
                pod, grace_seconds=0, verb="remove", noun="server"
            )
        except MofangError as err:
            log.warning("Pod %s is not deleted: %s", pod_name, err)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
