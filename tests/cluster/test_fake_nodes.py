"""Fake machines take pods, run and end them, and leave nothing behind."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from support.eventually import eventually
from support.nodes import EXIT_CODE, FAKE_TAINT, POOL, SECONDS, fake_nodes
from support.platform import Platform


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform()


@pytest.fixture(scope="module")
def namespace(platform: Platform) -> Iterator[str]:
    name = f"fake-{secrets.token_hex(3)}"
    platform.kubectl("create", "namespace", name)
    yield name
    platform.kubectl("delete", "namespace", name, "--wait=false")


def start(
    platform: Platform,
    namespace: str,
    name: str,
    tolerations: list[dict[str, Any]],
    *,
    gpu: int = 0,
    **annotations: str,
) -> None:
    amounts = {"cpu": "8", "memory": "64Gi", **({"nvidia.com/gpu": gpu} if gpu else {})}
    notes = {f"mofang.dev/{key.replace('_', '-')}": v for key, v in annotations.items()}
    platform.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "annotations": notes},
            "spec": {
                "tolerations": tolerations,
                "restartPolicy": "Never",
                "initContainers": [{"name": "first", "image": "nothing.invalid/one"}],
                "containers": [
                    {
                        "name": "main",
                        "image": "nothing.invalid/two",
                        "resources": {"limits": amounts},
                    }
                ],
            },
        }
    )


def until_phase(platform: Platform, namespace: str, name: str, phase: str) -> Any:
    def in_phase() -> Any:
        pod = platform.get("pod", name, "-n", namespace)
        return pod if pod["status"]["phase"] == phase else None

    return eventually(in_phase, within=60, what=f"{name} is {phase}")


FAKE = [{"key": FAKE_TAINT, "operator": "Exists", "effect": "NoSchedule"}]


def test_pods_run_there_and_end_when_asked(platform: Platform, namespace: str) -> None:
    with fake_nodes(2) as names:
        start(platform, namespace, "stays", FAKE)
        start(platform, namespace, "ends", FAKE, fake_seconds="1")
        start(platform, namespace, "fails", FAKE, fake_seconds="0", fake_exit_code="3")

        running = until_phase(platform, namespace, "stays", "Running")
        assert running["spec"]["nodeName"] in names
        assert running["status"]["podIP"].startswith("10.245.")
        until_phase(platform, namespace, "ends", "Succeeded")
        failed = until_phase(platform, namespace, "fails", "Failed")
        [container] = failed["status"]["containerStatuses"]
        assert container["state"]["terminated"]["exitCode"] == 3
        stays = platform.get("pod", "stays", "-n", namespace)
        assert stays["status"]["phase"] == "Running"

        notes = (f"{SECONDS}=0", f"{EXIT_CODE}=1")
        platform.kubectl("annotate", "pod", "stays", "-n", namespace, *notes)
        until_phase(platform, namespace, "stays", "Failed")

    assert not platform.get("pods", "-n", namespace)["items"]
    assert not names_of_fakes(platform) & set(names)


def names_of_fakes(platform: Platform) -> set[str]:
    found = platform.get("nodes", "-l", "mofang.dev/fake-run")["items"]
    return {each["metadata"]["name"] for each in found}


def test_an_ordinary_pod_does_not_come_there(
    platform: Platform, namespace: str
) -> None:
    with fake_nodes(1) as (name,):
        start(platform, namespace, "ordinary", [])
        start(platform, namespace, "tolerant", FAKE)

        pod = until_phase(platform, namespace, "tolerant", "Running")
        assert pod["spec"]["nodeName"] == name

        def refused() -> bool:
            pod = platform.get("pod", "ordinary", "-n", namespace)
            return "untolerated taint" in json.dumps(pod["status"])

        eventually(refused, within=60, what="the ordinary pod is refused")
        platform.kubectl("delete", "pod", "ordinary", "-n", namespace)


def test_pods_end_by_themselves_on_machines_that_are_told_so(
    platform: Platform, namespace: str
) -> None:
    with fake_nodes(1, seconds=1):
        start(platform, namespace, "short", FAKE)
        start(platform, namespace, "long", FAKE, fake_seconds="60")
        until_phase(platform, namespace, "short", "Succeeded")
        until_phase(platform, namespace, "long", "Running")


def test_a_pool_of_gpu_machines_takes_who_tolerates_it(
    platform: Platform, namespace: str
) -> None:
    pool = f"pool-{secrets.token_hex(3)}"
    gpu = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    own = {"key": POOL, "operator": "Equal", "value": pool, "effect": "NoSchedule"}
    with fake_nodes(1, gpu=8, pool=pool, node_type="gpu") as (name,):
        start(platform, namespace, "own", [gpu, own], gpu=8)
        start(platform, namespace, "foreign", [gpu, *FAKE], gpu=8)

        pod = until_phase(platform, namespace, "own", "Running")
        assert pod["spec"]["nodeName"] == name
        labels = platform.get("node", name)["metadata"]["labels"]
        assert labels[POOL] == pool
        assert labels["mofang.dev/node-type"] == "gpu"

        def refused() -> bool:
            pod = platform.get("pod", "foreign", "-n", namespace)
            return "untolerated taint" in json.dumps(pod["status"])

        eventually(refused, within=60, what="the foreign pod is refused")


def test_machines_are_gone_when_a_test_fails(platform: Platform) -> None:
    with pytest.raises(ZeroDivisionError), fake_nodes(3) as names:
        raise ZeroDivisionError
    assert not names_of_fakes(platform) & set(names)
