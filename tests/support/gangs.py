"""Gangs on pretended machines of the real cluster: only where pods are bound is seen.

Machines are Node objects without a kubelet, kept alive by leases, tainted so that
nothing but the tests' own pods is placed there.
What a killed run leaves goes with
``kubectl delete nodes --selector mofang.dev/gang-tests``.
"""

import asyncio
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from kubernetes_asyncio import client, config

from mofang_kube.names import LAUNCHER_ACCOUNT
from support.platform import state_folder

KUBECONFIG = state_folder() / "kubeconfig"
GPU = "nvidia.com/gpu"
MARK = "mofang.dev/gang-tests"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
GROUPS = "/apis/scheduling.k8s.io/v1beta1"
LEASE_SECONDS = 40
PLACED = "PodGroupInitiallyScheduled"


@asynccontextmanager
async def api_server() -> AsyncIterator[httpx.AsyncClient]:
    """The cluster's API over plain HTTP: bodies as they are, no models."""
    settings = client.Configuration()
    await config.load_kube_config(str(KUBECONFIG), client_configuration=settings)
    context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    context.load_cert_chain(settings.cert_file, settings.key_file)
    limits = httpx.Limits(max_connections=64)
    async with httpx.AsyncClient(
        base_url=settings.host,
        verify=context,
        trust_env=False,
        timeout=30,
        limits=limits,
    ) as http:
        yield http


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await http.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def remove(http: httpx.AsyncClient, path: str, **parameters: Any) -> None:
    """Delete at once; what is gone is fine."""
    answer = await http.request(
        "DELETE", path, json={"gracePeriodSeconds": 0}, params=parameters
    )
    assert answer.status_code in {200, 202, 404}, answer.text


@asynccontextmanager
async def namespace(
    http: httpx.AsyncClient, name: str, *, project: str | None
) -> AsyncIterator[str]:
    """A namespace for one test: that of a project, or of nobody."""
    labels = {"mofang.dev/project": project} if project else {}
    await post(
        http,
        "/api/v1/namespaces",
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": labels},
        },
    )
    if project:
        # The reconciler makes it; launchers of MPIJobs run by it.
        account = {"metadata": {"name": LAUNCHER_ACCOUNT}}
        await post(http, f"/api/v1/namespaces/{name}/serviceaccounts", account)
    try:
        yield name
    finally:
        await remove(http, f"/api/v1/namespaces/{name}/pods")
        await remove(http, f"/api/v1/namespaces/{name}")


@asynccontextmanager
async def nodes(
    http: httpx.AsyncClient, labels: Iterable[str], *, gpus: int = 4, cores: int = 8
) -> AsyncIterator[None]:
    """Two machines for each label, with so many GPUs and cores each."""
    run = secrets.token_hex(3)
    names = {
        f"{label}-{n}-{run}": label for label in dict.fromkeys(labels) for n in range(2)
    }
    amounts = {
        "cpu": str(cores),
        "memory": "64Gi",
        "ephemeral-storage": "100Gi",
        "pods": "110",
        GPU: str(gpus),
    }
    for name, label in names.items():
        await _add_node(http, name, label, amounts)
    alive = asyncio.create_task(_keep_alive(http, list(names)))
    try:
        yield
    finally:
        alive.cancel()
        with suppress(asyncio.CancelledError):
            await alive
        for name in names:
            await remove(http, f"/api/v1/nodes/{name}")
            await remove(http, f"{LEASES}/{name}")


async def _add_node(
    http: httpx.AsyncClient, name: str, label: str, amounts: dict[str, str]
) -> None:
    now = datetime.now(UTC)
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Pretended",
        "message": "A test's machine.",
        "lastHeartbeatTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lastTransitionTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    await post(http, LEASES, _lease(name))
    node = await post(
        http,
        "/api/v1/nodes",
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": {MARK: label}},
            "spec": {"taints": [{"key": MARK, "effect": "NoSchedule"}]},
        },
    )
    # Until a machine is ready nothing else of its state counts, so both come at once.
    node["status"] = {
        "capacity": amounts,
        "allocatable": amounts,
        "conditions": [ready],
    }
    answer = await http.patch(
        f"/api/v1/nodes/{name}/status",
        content=json.dumps({"status": node["status"]}),
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text


def _lease(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": "kube-node-lease"},
        "spec": {
            "holderIdentity": name,
            "leaseDurationSeconds": LEASE_SECONDS,
            "renewTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        },
    }


async def _keep_alive(http: httpx.AsyncClient, names: list[str]) -> None:
    while True:
        await asyncio.sleep(LEASE_SECONDS / 4)
        for name in names:
            body = {"spec": {"renewTime": _lease(name)["spec"]["renewTime"]}}
            await http.patch(
                f"{LEASES}/{name}",
                content=json.dumps(body),
                headers={"Content-Type": "application/merge-patch+json"},
            )


def pod_spec(
    label: str, *, gpus: int, cores: str, priority: str = ""
) -> dict[str, Any]:
    """A pod that only the machines of a label take."""
    amounts = {"cpu": cores, "memory": "16Mi", **({GPU: str(gpus)} if gpus else {})}
    limits = {name: amount for name, amount in amounts.items() if name != "cpu"}
    return {
        # What the admission policies ask of pods in projects.
        "automountServiceAccountToken": False,
        "nodeSelector": {MARK: label},
        "tolerations": [{"operator": "Exists"}],
        "priorityClassName": priority or None,
        "terminationGracePeriodSeconds": 0,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "pytorch",
                "image": "nothing.invalid/never-started",
                "resources": {"requests": amounts, "limits": limits},
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
            }
        ],
    }


@dataclass(kw_only=True)
class WatchedObjects:
    """What two watches tell of a namespace's pods and PodGroups."""

    pods: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    error: BaseException | None = None

    def of(self, gang: str) -> list[dict[str, Any]]:
        """The pods of a gang."""
        return [
            pod
            for pod in self.pods.values()
            if pod["metadata"].get("labels", {}).get("mofang.dev/pod-group") == gang
        ]

    def bound(self, gang: str) -> int:
        """How many of them have a machine."""
        return sum(1 for pod in self.of(gang) if pod["spec"].get("nodeName"))

    def verdict(self, gang: str) -> str | None:
        """``True`` once the scheduler placed the gang; None while it has not looked."""
        group = self.groups.get(gang) or {}
        for each in (group.get("status") or {}).get("conditions") or []:
            if each["type"] == PLACED:
                return str(each["status"])
        return None

    async def until(self, holds: Callable[[], bool], *, within: float = 60) -> None:
        """Wait for what the watches will tell."""
        async with asyncio.timeout(within), self.changed:
            while not holds():
                if self.error:
                    raise self.error
                await self.changed.wait()


@asynccontextmanager
async def watched(http: httpx.AsyncClient, space: str) -> AsyncIterator[WatchedObjects]:
    """Follow a namespace as long as the block lasts."""
    watched_objects = WatchedObjects()
    follow = (
        _follow(
            http,
            f"/api/v1/namespaces/{space}/pods",
            watched_objects.pods,
            watched_objects,
        ),
        _follow(
            http,
            f"{GROUPS}/namespaces/{space}/podgroups",
            watched_objects.groups,
            watched_objects,
        ),
    )
    tasks = [asyncio.create_task(each) for each in follow]
    try:
        yield watched_objects
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(
    http: httpx.AsyncClient,
    path: str,
    objects: dict[str, dict[str, Any]],
    watched_objects: WatchedObjects,
) -> None:
    try:
        await _read(http, path, objects, watched_objects)
    except Exception as err:  # noqa: BLE001 - those who wait are told of any
        watched_objects.error = err
    else:
        watched_objects.error = AssertionError(f"the watch of {path} ended")
    async with watched_objects.changed:
        watched_objects.changed.notify_all()


async def _read(
    http: httpx.AsyncClient,
    path: str,
    objects: dict[str, dict[str, Any]],
    watched_objects: WatchedObjects,
) -> None:
    listed = (await http.get(path)).json()
    async with watched_objects.changed:
        objects |= {each["metadata"]["name"]: each for each in listed["items"]}
        watched_objects.changed.notify_all()
    version = listed["metadata"]["resourceVersion"]
    parameters = {"watch": "1", "resourceVersion": version}
    patient = httpx.Timeout(30, read=None)
    async with http.stream("GET", path, params=parameters, timeout=patient) as answer:
        async for line in answer.aiter_lines():
            event = json.loads(line)
            name = event["object"]["metadata"]["name"]
            async with watched_objects.changed:
                if event["type"] == "DELETED":
                    objects.pop(name, None)
                else:
                    objects[name] = event["object"]
                watched_objects.changed.notify_all()
