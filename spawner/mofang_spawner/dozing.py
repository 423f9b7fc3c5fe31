"""Give back the CPU that a running server reserves, and take it again, in place.

Kubernetes resizes its pod without a restart: processes, kernels and memory stay as they
are. CPU that nobody else uses it still gets, up to its limit.
"""

from decimal import Decimal
from typing import Any, Protocol

from mofang_kube.errors import ConflictError
from mofang_kube.objects import ObjectStorage
from mofang_kube.quantities import parse_quantity
from mofang_spawner.pod_phase import SERVER_CONTAINER

Manifest = dict[str, Any]

DOZING_CPU = "10m"
"""What a server reserves meanwhile: a share with which it still answers at once."""


class PodSource(Protocol):
    """What is known of pods, and who writes them: the ``SpawnContext``."""

    objects: ObjectStorage

    def find_pod(self, namespace: str, name: str) -> Manifest | None:
        """Return a server's pod, if it is known and there."""


async def shrink_cpu(source: PodSource, namespace: str, name: str) -> str:
    """Reduce the CPU request of a server; return what it was.

    Args:
        source: Of the pod.
        namespace: Of the pod.
        name: Of the pod.

    Raises:
        ConflictError: It has no pod, or nothing to give back.
        MofangError: Kubernetes refuses it, such as for a server whose request is its
            limit: its class of service may not change.
    """
    cpu = _read_request(source.find_pod(namespace, name))
    if not cpu or parse_quantity(cpu) <= parse_quantity(DOZING_CPU):
        raise ConflictError(f"{name} reserves no CPU that it could give back.")
    await _set_request(source.objects, namespace, name, DOZING_CPU)
    return cpu


async def restore_cpu(source: PodSource, namespace: str, name: str, cpu: str) -> None:
    """Give a server its CPU request again; one that has another by now keeps that.

    Args:
        source: Of the pod.
        namespace: Of the pod.
        name: Of the pod.
        cpu: What it was.

    Raises:
        MofangError: Kubernetes refuses it, such as for the project's quota.
    """
    found = _read_request(source.find_pod(namespace, name))
    if found and parse_quantity(found) == parse_quantity(DOZING_CPU):
        await _set_request(source.objects, namespace, name, cpu)


def given_back(cpu: str) -> Decimal:
    """Return how many cores a server does not reserve while it dozes.

    Args:
        cpu: Its usual request.
    """
    return max(parse_quantity(cpu) - parse_quantity(DOZING_CPU), Decimal(0))


def _read_request(pod: Manifest | None) -> str:
    for each in pod["spec"]["containers"] if pod else ():
        if each["name"] == SERVER_CONTAINER:
            requests = (each.get("resources") or {}).get("requests") or {}
            return str(requests.get("cpu") or "")
    return ""


async def _set_request(
    objects: ObjectStorage, namespace: str, name: str, cpu: str
) -> None:
    container = {"name": SERVER_CONTAINER, "resources": {"requests": {"cpu": cpu}}}
    metadata = {"name": name, "namespace": namespace}
    await objects.merge(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata},
        {"spec": {"containers": [container]}},
        subresource="resize",
        by_name=True,
        verb="resize",
        noun="server",
    )
