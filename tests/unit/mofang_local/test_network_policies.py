"""NetworkPolicies on the one-machine platform: enforced unless switched off."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mofang_local import cluster as module
from mofang_local import network, network_policies
from mofang_local.cluster import Cluster
from mofang_local.errors import StartError
from mofang_local.local_paths import LocalPaths
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


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was done beside starting and ending processes."""
    found: list[str] = []
    for name in ("write", "filter_bridges", "remove_rules"):

        def note(*_: Any, name: str = name) -> None:
            found.append(name)

        monkeypatch.setattr(network_policies, name, note)
    monkeypatch.setattr(module.Kubectl, "apply", lambda *_: found.append("rights"))
    return found


@pytest.fixture
def cluster(paths: LocalPaths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.setattr(
        network_policies,
        "programs",
        lambda _: tuple(
            Program(name=name, command=("sleep", "600"))
            for name in network_policies.NAMES
        ),
    )
    made = Cluster(paths, Progress())
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


def test_what_runs_already_stays(cluster: Cluster, done: list[str]) -> None:
    cluster._enforce_policies()
    before = pids(cluster)
    assert all(before)
    assert done == ["write", "filter_bridges", "rights"]

    cluster._enforce_policies()
    assert pids(cluster) == before
    assert done == ["write", "filter_bridges", "rights"]


def test_switched_off_on_a_running_platform_everything_passes(
    cluster: Cluster, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster._enforce_policies()
    monkeypatch.setattr(network_policies, "programs", lambda _: ())

    cluster._enforce_policies()

    assert not any(pids(cluster))
    assert done[-1] == "remove_rules"


def test_where_none_ever_ran_no_rule_is_touched(
    cluster: Cluster, done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_policies, "programs", lambda _: ())
    cluster._enforce_policies()
    assert done == []


def test_only_its_own_rules_and_sets_are_removed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = {"iptables-save": FILTER, "ipset": "KUBE-SRC-A\nother\n"}
    ran: list[tuple[str, ...]] = []
    texts: list[str] = []

    def run(*command: str, text: str = "", **_: Any) -> str:
        ran.append(command)
        texts.append(text)
        return answers.get(command[0], "")

    monkeypatch.setattr(network, "run", run)
    network_policies.remove_rules()

    [restored, _] = [text for text in texts if text]
    assert restored.splitlines() == [
        "*filter",
        ":INPUT ACCEPT [0:0]",
        "-A INPUT -p icmp -j ACCEPT",
        "COMMIT",
    ]
    assert ("ipset", "destroy", "KUBE-SRC-A") in ran
    assert ("ipset", "destroy", "other") not in ran


def test_a_kernel_that_cannot_is_told_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(*command: str, **_: Any) -> str:
        if command[0] == "sysctl":
            raise StartError("no such setting")
        return ""

    monkeypatch.setattr(network, "run", run)
    with pytest.raises(StartError, match="make up NETWORK_POLICY=off"):
        network_policies.filter_bridges()


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
    assert subject["name"] == network_policies.USER
