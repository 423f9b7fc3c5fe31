"""Wait until a DaemonSet has pulled its images to every node: a Job of a Helm hook.

``python -m mofang_hub.image_awaiter --namespace=mofang --daemonset=hook-image-puller``.
It has no time limit of its own: Helm's ``--timeout`` ends the Job with the upgrade.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from mofang_kube import clients
from mofang_kube.errors import MofangError, wrap_api_errors

Manifest = dict[str, Any]

_PAUSE_SECONDS = 2.0
_ANSWERS = {200: "object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the nodes are."""

    nodes: int
    """Nodes that are to have the images; those without room are left out."""
    ready: int
    is_known: bool = True
    """False while the DaemonSet's controller has not yet looked at it."""

    @property
    def is_done(self) -> bool:
        """Whether every node has every image."""
        return self.is_known and self.ready >= self.nodes

    @override
    def __str__(self) -> str:
        if not self.is_known:
            return "Waiting for the DaemonSet's pods."
        return f"{self.ready} of {self.nodes} nodes have all images."


def progress(
    daemon_set: Manifest, pods: Iterable[Manifest], *, scheduling_is_over: bool
) -> Progress:
    """Say how far the nodes are.

    Args:
        daemon_set: As Kubernetes has it.
        pods: Those of the DaemonSet.
        scheduling_is_over: Whether a pod that is not scheduled by now never will be,
            since its node has no room, such as for no more pods.
    """
    status = daemon_set.get("status") or {}
    generation = daemon_set["metadata"].get("generation", 0)
    if status.get("observedGeneration", -1) < generation:
        return Progress(nodes=0, ready=0, is_known=False)
    without_room = sum(map(_is_unschedulable, pods)) if scheduling_is_over else 0
    desired = status.get("desiredNumberScheduled", 0)
    return Progress(
        nodes=max(desired - without_room, 0), ready=status.get("numberReady", 0)
    )


def _is_unschedulable(pod: Manifest) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(
        each["type"] == "PodScheduled" and each["status"] == "False"
        for each in conditions
    )


async def wait(
    api: clients.ApiClient,
    namespace: str,
    name: str,
    *,
    scheduling_seconds: float,
    pause_seconds: float = _PAUSE_SECONDS,
) -> None:
    """Return when every node has the images; print each change.

    Args:
        api: Client of the cluster.
        namespace: Of the DaemonSet.
        name: Of the DaemonSet.
        scheduling_seconds: How long its pods may take to find room.
        pause_seconds: Between two looks at it.
    """
    started, said = time.monotonic(), ""
    while True:
        is_over = time.monotonic() - started >= scheduling_seconds
        try:
            found = await _read(api, namespace, name, scheduling_is_over=is_over)
        except MofangError as err:
            message, is_done = str(err), False
        else:
            message, is_done = str(found), found.is_done
        if message != said:
            print(message, flush=True)  # noqa: T201 - the Job's log
            said = message
        if is_done:
            return
        await asyncio.sleep(pause_seconds)


async def _read(
    api: clients.ApiClient, namespace: str, name: str, *, scheduling_is_over: bool
) -> Progress:
    with wrap_api_errors("read", "daemonset", name):
        daemon_set = await _get(
            api, f"/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"
        )
        labels = daemon_set["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = await _get(
            api, f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector
        )
    return progress(daemon_set, pods["items"], scheduling_is_over=scheduling_is_over)


async def _get(api: clients.ApiClient, path: str, **query: str) -> Manifest:
    answer: Manifest = await api.call_api(
        path,
        "GET",
        query_params=list(query.items()),
        header_params={"Accept": "application/json"},
        response_types_map=_ANSWERS,
        auth_settings=["BearerToken"],
        _return_http_data_only=True,
        _request_timeout=30,
    )
    return answer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until every node has the images."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--namespace", required=True)
    parser.add_argument("--daemonset", required=True)
    parser.add_argument("--scheduling-seconds", type=float, default=10.0)
    asked = parser.parse_args(arguments)
    asyncio.run(_main(asked.namespace, asked.daemonset, asked.scheduling_seconds))
    return 0


async def _main(namespace: str, name: str, scheduling_seconds: float) -> None:
    async with await clients.load() as api:
        await wait(api, namespace, name, scheduling_seconds=scheduling_seconds)


if __name__ == "__main__":
    sys.exit(main())
