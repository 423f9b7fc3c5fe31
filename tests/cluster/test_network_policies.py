"""What NetworkPolicies block and let through, tried from pods of the real cluster.

Where nothing listens, nothing tells a blocked port from a closed one. So each target is
also called from a pod that no policy holds, which must reach it, and the addresses of
clouds' metadata services are given to the node for the time of these tests.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mofang_api.models import JobSpec
from mofang_jobs.domain.gang import Owner
from mofang_jobs.domain.job_network import build_policy
from mofang_jobs.domain.models import ObservedJob
from mofang_local import network_policies
from mofang_local.local_paths import paths
from mofang_local.network import CPU_NODE, ip
from mofang_projects.egress import METADATA_SERVICES
from support.eventually import eventually
from support.platform import Platform

PORT = 8888
"""Of every pod here: that of notebooks, which the hub and the gateway may call."""

OUTSIDE_PORT = 8099
METADATA = [each.removesuffix("/32") for each in METADATA_SERVICES if "/32" in each]
INTERNET = "203.0.113.77"
"""Public, as that of an index of packages; nobody's, by RFC 5737."""

ONE, TWO = "one-abc123", "two-abc123"
SERVE = (
    "import http.server as h; h.ThreadingHTTPServer(('', %d), "
    "h.SimpleHTTPRequestHandler).serve_forever()"
)
PROBE = """
import concurrent.futures, json, socket, sys
def verdict(target):
    try:
        socket.create_connection(tuple(target), timeout=4).close()
    except OSError:
        return False
    return True
targets = json.loads(sys.argv[1])
with concurrent.futures.ThreadPoolExecutor(32) as pool:
    print(json.dumps(list(pool.map(verdict, targets))))
"""
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}

Target = tuple[str, int]


class Pods:
    """Pods that listen at ``PORT``, and call others."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        found = platform.get("environment.mofang.dev", "base")
        self._image = found["spec"]["image"]
        self._made: list[tuple[str, str]] = []

    def make(
        self, namespace: str, name: str, labels: dict[str, str], node: str = "cpu-1"
    ) -> None:
        container = {
            "name": "main",
            "image": self._image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["python3", "-c", SERVE % PORT],
            "resources": {
                "requests": {"cpu": "10m", "memory": "32Mi"},
                "limits": {"memory": "128Mi"},
            },
            "securityContext": RESTRICTED,
        }
        spec = {
            "containers": [container],
            "automountServiceAccountToken": False,
            "nodeSelector": {"kubernetes.io/hostname": node},
            "tolerations": [{"operator": "Exists"}],
            "terminationGracePeriodSeconds": 0,
        }
        metadata = {"name": name, "namespace": namespace, "labels": labels}
        self.platform.apply(
            {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        )
        self._made.append((namespace, name))

    def target(self, namespace: str, name: str) -> Target:
        """Where a pod listens, once it runs."""

        def address() -> str:
            status = self.platform.get("pod", name, "-n", namespace)["status"]
            runs = status.get("phase") == "Running"
            return str(status.get("podIP", "")) if runs else ""

        return eventually(address, within=120, what=f"pod {name} runs"), PORT

    def reached(
        self, namespace: str, name: str, targets: dict[str, Target]
    ) -> set[str]:
        """Return which of some targets a pod reaches, by their names."""
        printed = self.platform.kubectl(
            *("-n", namespace, "exec", name, "--"),
            *("python3", "-c", PROBE, json.dumps(list(targets.values()))),
        )
        verdicts = json.loads(printed)
        return {
            each for each, is_open in zip(targets, verdicts, strict=True) if is_open
        }

    def remove(self) -> None:
        for namespace, name in self._made:
            self.platform.kubectl(
                *("-n", namespace, "delete", "pod", name, "--ignore-not-found"),
                *("--force", "--wait=false"),
            )


def job_policy(project: str, job: str) -> dict[str, Any]:
    """The policy that the training service makes, without the job's object."""
    spec = JobSpec(
        name="test", image="docker.io/mofang/base:1", script="train.py", replicas=2
    )
    observed = ObservedJob(
        id=job,
        uid="1",
        project=project,
        owner="ada",
        spec=spec,
        created=datetime.now(UTC),
    )
    labels = {"mofang.dev/job": job}
    owner = Owner(api_version="v1", kind="Pod", name="x", uid="1", labels=labels)
    made = build_policy(observed, owner)
    del made["metadata"]["ownerReferences"]
    return made


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform()


@pytest.fixture(scope="module", autouse=True)
def enforcement() -> None:
    assert network_policies.programs(paths()), (
        "Policies are not enforced here: start the platform by `make up`, without "
        "NETWORK_POLICY=off."
    )


@pytest.fixture(scope="module")
def projects(platform: Platform) -> Iterator[tuple[str, str]]:
    names = tuple(f"np-{secrets.token_hex(4)}" for _ in range(2))
    for name in names:
        platform.apply(
            {
                "apiVersion": "mofang.dev/v1alpha1",
                "kind": "Project",
                "metadata": {"name": name},
                "spec": {"displayName": "A test"},
            }
        )
    for name in names:
        eventually(
            lambda name=name: (
                platform.get("project", name).get("status", {}).get("phase") == "Ready"
            ),
            within=60,
            what=f"project {name} is ready",
        )
    yield names[0], names[1]
    for name in names:
        with contextlib.suppress(RuntimeError):
            namespace = f"mofang-project-{name}"
            platform.kubectl("-n", namespace, "delete", "pods", "--all", "--force")
        platform.kubectl(
            "delete", "project", name, "--ignore-not-found", "--wait=false"
        )
        shutil.rmtree(platform.storage / "projects" / name, ignore_errors=True)


@pytest.fixture(scope="module")
def outside() -> Iterator[dict[str, Target]]:
    """Addresses outside the cluster, at which the node answers meanwhile."""
    addresses = [*METADATA, INTERNET]
    namespace = CPU_NODE.namespace
    for address in addresses:
        ip("addr", "add", f"{address}/32", "dev", "lo", namespace=namespace)
    serving = subprocess.Popen(
        [
            *("nsenter", f"--net=/run/netns/{namespace}"),
            *(sys.executable, "-c", SERVE % OUTSIDE_PORT),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield {each: (each, OUTSIDE_PORT) for each in addresses}
    serving.terminate()
    serving.wait(timeout=30)
    for address in addresses:
        ip("addr", "del", f"{address}/32", "dev", "lo", namespace=namespace)


@pytest.fixture(scope="module")
def internals(platform: Platform) -> dict[str, Target]:
    """What of the platform and of Kubernetes no pod of a project is to reach."""

    def address(namespace: str, labels: str) -> str:
        found = platform.get("pods", "-n", namespace, "-l", labels)["items"]
        return str(found[0]["status"]["podIP"])

    reconciler = address("mofang", "app.kubernetes.io/component=reconciler")
    return {
        "API server": (CPU_NODE.address, 6443),
        "API server's Service": ("10.96.0.1", 443),
        "kubelet": (CPU_NODE.address, 10250),
        "istiod": (address("istio-system", "app=istiod"), 15010),
        "CoreDNS' health": (address("kube-system", "k8s-app=kube-dns"), 8080),
        "reconciler": (reconciler, 8091),
    }


@pytest.fixture(scope="module")
def pods(
    platform: Platform, projects: tuple[str, str]
) -> Iterator[tuple[Pods, dict[str, Target]]]:
    """A job of two replicas on two nodes, another job, a notebook, another project."""
    first, second = (f"mofang-project-{name}" for name in projects)
    made = Pods(platform)
    for job in (ONE, TWO):
        platform.apply(job_policy(projects[0], job))
    one, two = {"mofang.dev/job": ONE}, {"mofang.dev/job": TWO}
    try:
        made.make(first, "one-0", one)
        made.make(first, "one-1", one)
        made.make(first, "one-2", one, node="gpu-1")
        made.make(first, "two-0", two)
        made.make(first, "notebook", {"mofang.dev/server": "notebook"})
        made.make(second, "foreign", one)
        made.make("default", f"free-{projects[0]}", {})
        names = ("one-0", "one-1", "one-2", "two-0", "notebook")
        targets = {name: made.target(first, name) for name in names}
        targets["foreign"] = made.target(second, "foreign")
        targets["free"] = made.target("default", f"free-{projects[0]}")
        yield made, targets
    finally:
        made.remove()


def assert_reaches(
    pods: Pods, namespace: str, name: str, targets: dict[str, Target], right: set[str]
) -> None:
    """Wait until a pod reaches what is right, and nothing else."""
    seen: set[str] = set()

    def is_right() -> bool:
        seen.clear()
        seen.update(pods.reached(namespace, name, targets))
        return seen == right

    try:
        eventually(is_right, within=60, what=f"{name} reaches {sorted(right)}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it reaches {sorted(seen)}") from error


def test_what_is_blocked_below_is_there(
    pods: tuple[Pods, dict[str, Target]],
    projects: tuple[str, str],
    outside: dict[str, Target],
    internals: dict[str, Target],
) -> None:
    """Without a policy of its own a pod reaches all that has none either."""
    made, _ = pods
    # The reconciler has a policy: it accepts nobody.
    targets = {k: v for k, v in internals.items() if k != "reconciler"} | outside

    assert_reaches(made, "default", f"free-{projects[0]}", targets, set(targets))


def test_replicas_reach_those_of_their_job_on_all_nodes_and_nobody_else(
    pods: tuple[Pods, dict[str, Target]], projects: tuple[str, str]
) -> None:
    made, targets = pods
    namespace = f"mofang-project-{projects[0]}"
    own = {"one-0", "one-1", "one-2"}

    for name in own:
        assert_reaches(made, namespace, name, targets, own)
    assert_reaches(made, namespace, "two-0", targets, {"two-0"})


def test_a_notebook_reaches_no_job_and_no_other_project(
    pods: tuple[Pods, dict[str, Target]], projects: tuple[str, str]
) -> None:
    made, targets = pods

    assert_reaches(
        made, f"mofang-project-{projects[0]}", "notebook", targets, {"notebook"}
    )


def test_a_job_of_another_project_with_the_same_name_is_another(
    pods: tuple[Pods, dict[str, Target]], projects: tuple[str, str]
) -> None:
    made, targets = pods

    assert_reaches(
        made, f"mofang-project-{projects[1]}", "foreign", targets, {"foreign"}
    )


@pytest.mark.parametrize("name", ["one-0", "notebook"])
def test_internals_and_metadata_services_are_out_of_reach(
    pods: tuple[Pods, dict[str, Target]],
    projects: tuple[str, str],
    outside: dict[str, Target],
    internals: dict[str, Target],
    name: str,
) -> None:
    made, _ = pods
    namespace = f"mofang-project-{projects[0]}"

    assert_reaches(made, namespace, name, internals | outside, {INTERNET})


@pytest.mark.parametrize("name", ["one-0", "one-2", "notebook"])
def test_hub_and_training_service_are_found_by_name(
    pods: tuple[Pods, dict[str, Target]], projects: tuple[str, str], name: str
) -> None:
    """By the cluster's DNS, and at the one port each."""
    made, _ = pods
    targets = {
        "hub": ("hub.mofang.svc.cluster.local", 8081),
        "training": ("training.mofang.svc.cluster.local", 8080),
    }

    assert_reaches(made, f"mofang-project-{projects[0]}", name, targets, set(targets))
