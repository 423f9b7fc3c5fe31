"""Nodes that are lost: nothing on them can be stopped in an orderly way. Pure.

Kubernetes itself writes Unknown into a node's condition Ready after it has heard
nothing of the kubelet for some time, by default 50 seconds. A pod that is deleted there
stays in the API, since nobody confirms that its containers have ended. Who knows that
they have says so by the taint ``out-of-service`` ("non-graceful node shutdown").
"""

from __future__ import annotations

from typing import Any

Manifest = dict[str, Any]

OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
"""Key of the taint of nodes that an administrator says are switched off."""


def is_lost(node: Manifest) -> bool:
    """Say whether the cluster hears nothing of a node, or it is out of service."""
    taints = (node.get("spec") or {}).get("taints") or []
    if any(each.get("key") == OUT_OF_SERVICE for each in taints):
        return True
    # False would be a kubelet that answers, and that still stops what it is told to.
    return any(
        each.get("type") == "Ready" and each.get("status") == "Unknown"
        for each in (node.get("status") or {}).get("conditions") or []
    )


def strip_state(node: Manifest) -> Manifest:
    """Keep of a node what ``is_lost`` reads, and no time of a heartbeat."""
    taints = (node.get("spec") or {}).get("taints") or []
    conditions = (node.get("status") or {}).get("conditions") or []
    return {
        "spec": {
            "taints": [
                {"key": OUT_OF_SERVICE}
                for each in taints
                if each.get("key") == OUT_OF_SERVICE
            ]
        },
        "status": {
            "conditions": [
                {"type": "Ready", "status": each.get("status")}
                for each in conditions
                if each.get("type") == "Ready"
            ]
        },
    }
