"""NetworkPolicies on the one-machine platform: enforced unless switched off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mofang_local import network, network_policies
from mofang_local.cluster import Cluster, Host
from mofang_local.errors import StartError
from mofang_local.kubernetes import Kubectl
from mofang_local.local_paths import LocalPaths
from mofang_local.pki import NETWORK_POLICIES
from mofang_local.processes import Program
from mofang_local.progress import Progress

FILTER = """\
*filter
:INPUT ACCEPT [0:0]
:KUBE-ROUTER-INPUT - [0:0]
:KUBE-POD-FW-ABC - [0:0]
-A INPUT -m comment --comment "kube-router netpol" -j KUBE-ROUTER-INPUT
-A INPUT -p icmp -j ACCEPT
-A KUBE-ROUTER-INPUT -s 10.244.0.7/32 -j KUBE-POD-FW-ABC
COMMIT
"""


@pytest.fixture
def paths(tmp_path: Path) -> LocalPaths:
    return LocalPaths(
        repository=tmp_path, cache=tmp_path / "cache", state=tmp_path / "state"
    )


class Recorded(Host, Kubectl):
    """Keeps what was done beside starting and ending processes."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.is_enforced = True

    def network_policies(self, _: LocalPaths) -> tuple[Program, ...]:
        names = network_policies.NAMES if self.is_enforced else ()
        return tuple(Program(name=name, command=("sleep", "600")) for name in names)

    def filter_bridges(self) -> None:
        self.done.append("filter_bridges")

    def remove_policy_rules(self) -> None:
        self.done.append("remove_rules")

    def apply(self, *_: Any, **__: Any) -> None:
        self.done.append("rights")


@pytest.fixture
def host() -> Recorded:
    return Recorded()


@pytest.fixture
def cluster(paths: LocalPaths, host: Recorded) -> Iterator[Cluster]:
    made = Cluster(paths, Progress(), host, host)
    yield made
    for name in network_policies.NAMES:
        made.supervisor.stop(name)


def pids(cluster: Cluster) -> list[int | None]:
    return [cluster.supervisor.pid(name) for name in network_policies.NAMES]


def test_each_node_has_its_process(paths: LocalPaths) -> None:
    found = network_policies.programs(paths)

    assert [each.namespace for each in found] == [
        node.namespace for node in network.NODES
    ]
    assert [each.name for each in found] == ["kube-router-cpu-1", "kube-router-gpu-1"]


def test_switched_off_stays_off_until_switched_on(paths: LocalPaths) -> None:
    network_policies.set_enforced(paths, enforced=False)
    assert network_policies.programs(paths) == ()

    network_policies.set_enforced(paths, enforced=True)
    assert network_policies.programs(paths)


def test_what_runs_already_stays(cluster: Cluster, host: Recorded) -> None:
    cluster._enforce_policies()
    before = pids(cluster)
    assert all(before)
    assert host.done == ["filter_bridges", "rights"]

    cluster._enforce_policies()
    assert pids(cluster) == before
    assert host.done == ["filter_bridges", "rights"]


def test_switched_off_on_a_running_platform_everything_passes(
    cluster: Cluster, host: Recorded
) -> None:
    cluster._enforce_policies()
    host.is_enforced = False

    cluster._enforce_policies()

    assert not any(pids(cluster))
    assert host.done[-1] == "remove_rules"


def test_where_none_ever_ran_no_rule_is_touched(
    cluster: Cluster, host: Recorded
) -> None:
    host.is_enforced = False
    cluster._enforce_policies()
    assert host.done == []


def test_only_its_own_rules_and_sets_are_removed() -> None:
    answers = {"iptables-save": FILTER, "ipset": "KUBE-SRC-A\nother\n"}
    ran: list[tuple[str, ...]] = []
    texts: list[str] = []

    def run(*command: str, text: str = "", **_: Any) -> str:
        ran.append(command)
        texts.append(text)
        return answers.get(command[0], "")

    network_policies.remove_rules(run)

    [restored, _] = [text for text in texts if text]
    assert restored.splitlines() == [
        "*filter",
        ":INPUT ACCEPT [0:0]",
        "-A INPUT -p icmp -j ACCEPT",
        "COMMIT",
    ]
    assert ("ipset", "destroy", "KUBE-SRC-A") in ran
    assert ("ipset", "destroy", "other") not in ran


def test_a_kernel_that_cannot_is_told_how_to_go_on() -> None:
    def run(*command: str, **_: Any) -> str:
        if command[0] == "sysctl":
            raise StartError("no such setting")
        return ""

    with pytest.raises(StartError, match="make up NETWORK_POLICY=off"):
        network_policies.filter_bridges(run)


def test_they_may_read_what_policies_go_by_and_nothing_else() -> None:
    role, binding = network_policies.rights()

    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {
        "get",
        "list",
        "watch",
    }
    resources = {each for rule in role["rules"] for each in rule["resources"]}
    assert resources == {"nodes", "pods", "namespaces", "networkpolicies"}
    [subject] = binding["subjects"]
    assert subject["name"] == NETWORK_POLICIES
