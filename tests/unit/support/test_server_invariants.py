"""The invariants of servers hold of what is right, and tell what is wrong."""

import copy
from pathlib import Path

import pytest
import yaml

from support.server_invariants import (
    check_mounts,
    check_one_pod_each,
    check_owners,
    check_routes,
)

NAME = "jupyter-ada--vision-pytorch"
NAMESPACE = "mofang-project-vision"
DATA = Path(__file__).parents[2] / "data" / "servers"


@pytest.fixture
def pod():
    """Ada's, as the spawner makes it."""
    made = yaml.safe_load((DATA / "cpu.yaml").read_text())
    for each in made["spec"]["containers"][0]["env"]:
        if "valueFrom" in each:
            each["valueFrom"]["secretKeyRef"]["name"] = NAME
    made["metadata"]["uid"] = "1"
    made["status"] = {"conditions": [{"type": "ContainersReady", "status": "True"}]}
    return made


@pytest.fixture
def service():
    return _owned(f"{NAME}-x1")


@pytest.fixture
def route():
    hosts = [f"{NAME}-x1.{NAMESPACE}.svc.cluster.local", "hub.mofang.svc.cluster.local"]
    return {
        "metadata": {
            "name": "route-1",
            "annotations": {
                "mofang.dev/routespec": "ada.example.org/user/ada/vision-pytorch/"
            },
        },
        "spec": {
            "http": [
                {"name": "probe"},
                *({"route": [{"destination": {"host": host}}]} for host in hosts),
            ]
        },
    }


def _owned(name, kind="Pod"):
    owner = {"kind": kind, "name": NAME, "uid": "1"}
    return {"metadata": {"name": name, "ownerReferences": [owner]}}


def _home(container):
    return next(e for e in container["volumeMounts"] if e["name"] == "mofang-users")


def test_a_server_of_the_spawners_is_right(pod, service, route):
    check_one_pod_each([pod])
    check_mounts([pod], "vision")
    check_owners([service, _owned(NAME)], [pod])
    check_routes([route], [service], [pod], NAMESPACE)


def test_what_has_gone_meanwhile_is_no_fault(service, route):
    check_owners([service], [])
    check_routes([route], [], [], NAMESPACE)


def test_two_pods_of_a_server_are_told(pod):
    other = copy.deepcopy(pod)
    other["metadata"]["name"] += "-2"

    with pytest.raises(AssertionError, match="2"):
        check_one_pod_each([pod, other])


@pytest.mark.parametrize("sub_path", ["ben", ""], ids=["another's", "all"])
@pytest.mark.parametrize("kind", ["containers", "initContainers"])
def test_other_homes_are_told(pod, kind, sub_path):
    pod["spec"].setdefault(kind, copy.deepcopy(pod["spec"]["containers"]))
    (container,) = pod["spec"][kind]
    _home(container)["subPath"] = sub_path

    with pytest.raises(AssertionError, match="mounts"):
        check_mounts([pod], "vision")


def test_a_server_without_a_home_is_told(pod):
    (container,) = pod["spec"]["containers"]
    container["volumeMounts"].remove(_home(container))

    with pytest.raises(AssertionError, match="no home"):
        check_mounts([pod], "vision")


def test_another_project_is_told(pod):
    with pytest.raises(AssertionError, match="mofang-project"):
        check_mounts([pod], "language")


def test_the_global_directory_is_not_written(pod):
    mounts = pod["spec"]["containers"][0]["volumeMounts"]
    del next(each for each in mounts if each["name"] == "mofang-global")["readOnly"]

    with pytest.raises(AssertionError, match="mofang-global"):
        check_mounts([pod], "vision")


def test_a_directory_of_the_node_is_told(pod):
    pod["spec"]["volumes"].append({"name": "node", "hostPath": {"path": "/"}})

    with pytest.raises(AssertionError, match="hostPath"):
        check_mounts([pod], "vision")


@pytest.mark.parametrize(
    "add",
    [
        lambda spec: spec["volumes"].append(
            {"name": "keys", "secret": {"secretName": "anothers"}}
        ),
        lambda spec: spec["containers"][0].update(
            envFrom=[{"secretRef": {"name": "anothers"}}]
        ),
        lambda spec: spec["containers"][0]["env"].append(
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "anothers"}}}
        ),
    ],
    ids=["as a volume", "as variables", "as a variable"],
)
def test_a_secret_of_another_is_told(pod, add):
    add(pod["spec"])

    with pytest.raises(AssertionError, match="anothers"):
        check_mounts([pod], "vision")


def test_what_has_no_owner_is_told(pod):
    for owners in ([], [{"kind": "Namespace", "uid": "1"}]):
        lost = _owned(NAME)
        lost["metadata"]["ownerReferences"] = owners
        with pytest.raises(AssertionError, match="belongs to"):
            check_owners([lost], [pod])


def test_what_is_of_another_pod_is_told(pod):
    with pytest.raises(AssertionError, match="is of"):
        check_owners([_owned("jupyter-ben--vision-pytorch")], [pod])


def test_a_route_to_another_server_is_told(pod, service, route):
    host = f"jupyter-ben--vision-pytorch-x1.{NAMESPACE}.svc.cluster.local"
    route["spec"]["http"][1]["route"][0]["destination"]["host"] = host

    with pytest.raises(AssertionError, match="ben"):
        check_routes([route], [service], [pod], NAMESPACE)


def test_a_route_on_anothers_host_is_told(pod, service, route):
    spec = "ben.example.org/user/ada/vision-pytorch/"
    route["metadata"]["annotations"]["mofang.dev/routespec"] = spec

    with pytest.raises(AssertionError, match="another's host"):
        check_routes([route], [service], [pod], NAMESPACE)


def test_a_route_before_its_server_is_ready_is_told(pod, service, route):
    pod["status"]["conditions"][0]["status"] = "False"

    with pytest.raises(AssertionError, match="before it is ready"):
        check_routes([route], [service], [pod], NAMESPACE)

    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    check_routes([route], [service], [pod], NAMESPACE)
