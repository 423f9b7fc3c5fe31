"""Remove pods of servers that the hub's database does not have.

JupyterHub forgets a server whose pod could not be removed, such as while Kubernetes did
not answer. What a pod owns goes with it, and routes are removed by JupyterHub's own
check. The database is the truth: only pods that carry the label of this hub count.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from mofang_kube.errors import ConflictError, MofangError
from mofang_kube.names import HUB_LABEL
from mofang_kube.objects import Manifest
from mofang_kube.watcher import object_key
from mofang_spawner.context import SpawnContext

log = logging.getLogger(__name__)

COLLECT_SECONDS = 10
_GRACE_SECONDS = 2


def server_pods(users: Mapping[Any, Any]) -> set[str]:
    """Name the pods of all servers that run, start or stop, as ``namespace/name``.

    Args:
        users: JupyterHub's.
    """
    return {
        f"{spawner.namespace}/{spawner.pod_name}"
        for user in users.values()
        for spawner in user.spawners.values()
        if spawner.active
    }


class GarbageCollector:
    """Looks at the pods that the hub watches anyway: a look costs no request.

    Args:
        context: What all spawners share.
        in_use: Names the pods of servers, as ``namespace/name``.
    """

    def __init__(
        self, context: SpawnContext, in_use: Callable[[], AbstractSet[str]]
    ) -> None:
        self._context = context
        self._in_use = in_use
        self._suspects: set[str] = set()

    async def collect(self) -> None:
        """Delete the pods that nobody uses now, nor did the last time.

        A pod that is being removed goes by itself.
        """
        await self._context.pods_known()
        found = {each["metadata"]["uid"]: each for each in self._unused()}
        again, self._suspects = self._suspects & found.keys(), set(found)
        for uid in sorted(again):
            await self._delete(found[uid])

    def _unused(self) -> Iterable[Manifest]:
        used = self._in_use()
        for key, pod in self._context.pods.objects.items():
            metadata = pod["metadata"]
            is_ours = metadata["labels"].get(HUB_LABEL) == self._context.hub
            is_going = "deletionTimestamp" in metadata
            if is_ours and not is_going and key not in used:
                yield pod

    async def _delete(self, pod: Manifest) -> None:
        metadata = pod["metadata"]
        named = {key: metadata[key] for key in ("name", "namespace")}
        log.warning("Removing the pod %s: no server has it", object_key(pod))
        try:
            await self._context.objects.delete(
                {"apiVersion": "v1", "kind": "Pod", "metadata": named},
                uid=metadata["uid"],
                grace_seconds=_GRACE_SECONDS,
            )
        except ConflictError:
            log.info("The pod %s is another one by now", object_key(pod))
        except MofangError as err:
            log.warning("%s Trying again.", err)
