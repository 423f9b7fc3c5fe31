"""Which nodes the next attempt of a job keeps off."""

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.mofang_jobs.conftest import make_spec

from mofang_api.models import RestartRecord
from mofang_jobs.domain.capacity import NodeCapacity, excluded_nodes
from mofang_jobs.domain.nodes import strip_node


def failure(node: str, *, node_excluded: bool = True) -> RestartRecord:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return RestartRecord(
        attempt=1,
        at=at,
        cause="x",
        node=node,
        platform_failure=True,
        node_excluded=node_excluded,
    )


def node(name: str, *, cpu: str = "8", **more: Any) -> NodeCapacity:
    labels = {"mofang.dev/node-type": more.get("node_type", "cpu")}
    if pool := more.get("pool"):
        labels["mofang.dev/pool"] = pool
    ready = {"type": "Ready", "status": more.get("ready", "True")}
    status = {"capacity": {"cpu": cpu, "memory": "64Gi"}, "conditions": [ready]}
    metadata = {"name": name, "labels": labels}
    spec = {"unschedulable": True} if more.get("cordoned") else {}
    return NodeCapacity.from_node(
        strip_node({"metadata": metadata, "spec": spec, "status": status})
    )


BAD = node("bad")


@pytest.mark.parametrize(
    ("others", "excluded"),
    [
        pytest.param([node("good")], ("bad",), id="another node is there"),
        pytest.param([], (), id="a bad node is better than none"),
        pytest.param([node("gpu", node_type="gpu")], (), id="GPU nodes are for others"),
        pytest.param([node("away", ready="Unknown")], (), id="the other is lost"),
        pytest.param([node("drained", cordoned=True)], (), id="the other is cordoned"),
        pytest.param([node("small", cpu="1")], (), id="the other is too small"),
        pytest.param(
            [node("half", cpu="2"), node("other half", cpu="2")],
            ("bad",),
            id="two others have capacity for one replica each",
        ),
        pytest.param([node("half", cpu="2")], (), id="not for the whole gang"),
    ],
)
def test_a_node_is_excluded_while_others_can_run_the_job(
    others: list[NodeCapacity], excluded: tuple[str, ...]
) -> None:
    spec = make_spec(replicas=2, resources={"cpu": "2", "memory": "1Gi"})
    assert excluded_nodes(spec, "", [failure("bad")], [BAD, *others]) == excluded


def test_nodes_of_other_pools_do_not_count() -> None:
    nodes = [node("bad", pool="blue"), node("good")]
    assert excluded_nodes(make_spec(), "blue", [failure("bad")], nodes) == ()


def test_a_node_that_was_not_to_blame_stays() -> None:
    nodes = [BAD, node("good")]
    records = [failure("bad", node_excluded=False)]
    assert excluded_nodes(make_spec(), "", records, nodes) == ()


def test_several_failures_exclude_several_nodes() -> None:
    nodes = [BAD, node("worse"), node("good")]
    records = [failure("worse"), failure("bad"), failure("bad")]
    assert excluded_nodes(make_spec(), "", records, nodes) == ("bad", "worse")
