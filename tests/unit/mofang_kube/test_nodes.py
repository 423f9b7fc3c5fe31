"""Which nodes are lost."""

import pytest

from mofang_kube.nodes import is_lost, strip_state
from mofang_kube.placement import strip_node


def node(ready, *taints):
    return {
        "metadata": {"name": "cpu-1"},
        "spec": {"taints": [{"key": key, "effect": "NoExecute"} for key in taints]},
        "status": {
            "conditions": [
                {"type": "MemoryPressure", "status": "Unknown"},
                {"type": "Ready", "status": ready, "lastHeartbeatTime": "t"},
            ]
        },
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(node("True"), False, id="ready"),
        pytest.param(node("False"), False, id="its kubelet answers and is not ready"),
        pytest.param(node("Unknown"), True, id="nothing is heard of it"),
        pytest.param(
            node("False", "node.kubernetes.io/out-of-service"),
            True,
            id="an administrator says that it is switched off",
        ),
        pytest.param(
            node("True", "node.kubernetes.io/unschedulable"), False, id="cordoned"
        ),
        pytest.param({"metadata": {"name": "new"}}, False, id="new"),
    ],
)
def test_which_nodes_are_lost(found, expected):
    assert is_lost(found) is expected
    assert is_lost(strip_state(found)) is expected
    assert is_lost(strip_node(found)) is expected


def test_a_heartbeat_is_no_change():
    later = node("True")
    later["status"]["conditions"][1]["lastHeartbeatTime"] = "later"

    assert strip_node(later) == strip_node(node("True"))
