"""The Secret and the Service beside a server's pod, and what all three carry. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mofang_kube import names
from mofang_spawner.plan import SpawnPlan

Manifest = dict[str, Any]

SCRIPT_KEY = "startup.sh"
TOKEN_KEY = "api-token"  # noqa: S105 - the name of a key


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredMetadata:
    """What KubeSpawner's traits put on the objects of a server, expanded."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """``common_labels`` and ``extra_labels``."""

    pod_labels: Mapping[str, str] = field(default_factory=dict)
    """The same with ``component_label``, as on the pod."""

    annotations: Mapping[str, str] = field(default_factory=dict)


def labels(plan: SpawnPlan) -> dict[str, str]:
    """What every object of the server carries."""
    return {
        names.PROJECT_LABEL: plan.project.name,
        names.ENVIRONMENT_LABEL: plan.environment.name,
        names.OWNER_LABEL: names.user_slug(plan.username),
    }


def label_pod(pod: Manifest, plan: SpawnPlan, hub: str = "") -> None:
    """Set the labels and the annotation that the platform finds the pod by.

    Args:
        pod: Changed in place.
        plan: The start.
        hub: The platform namespace of the hub; empty where there is no hub.
    """
    metadata = pod["metadata"]
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        **labels(plan),
        names.SERVER_LABEL: metadata["name"],
        **({names.HUB_LABEL: hub} if hub else {}),
    }
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        names.OWNER_NAME_ANNOTATION: plan.username,
    }


def close_gate(pod: Manifest) -> Manifest:
    """Return the pod with a gate: Kubernetes places it once the gate is gone."""
    gates = [*other_gates(pod), {"name": names.START_GATE}]
    return {**pod, "spec": {**pod["spec"], "schedulingGates": gates}}


def open_gate(pod: Manifest) -> Manifest:
    """Return the JSON merge patch of a pod that removes its gate."""
    return {"spec": {"schedulingGates": other_gates(pod) or None}}


def other_gates(pod: Manifest) -> list[Manifest]:
    """Gates that an administrator configured."""
    gates = pod["spec"].get("schedulingGates") or []
    return [each for each in gates if each["name"] != names.START_GATE]


def secret(
    plan: SpawnPlan, owner: Manifest, token: str, configured: ConfiguredMetadata
) -> Manifest:
    """The server's Secret: its hub token and its start-up script.

    Args:
        plan: The start.
        owner: OwnerReference to the pod, whose name it has.
        token: The server's token for the hub.
        configured: What the hub's configuration adds.
    """
    data = {TOKEN_KEY: token}
    if plan.environment.startup_script:
        data[SCRIPT_KEY] = plan.environment.startup_script
    metadata: Manifest = {
        "name": owner["name"],
        "labels": {**configured.labels, **labels(plan)},
        "ownerReferences": [owner],
    }
    if configured.annotations:
        metadata["annotations"] = dict(configured.annotations)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": "Opaque",
        "stringData": data,
    }


def service(
    name: str,
    plan: SpawnPlan,
    owner: Manifest,
    port: int,
    configured: ConfiguredMetadata,
) -> Manifest:
    """The server's Service, which its route leads to; deleted with the pod.

    Args:
        name: Of the Service; another for each start.
        plan: The start.
        owner: OwnerReference to the pod.
        port: Where the server listens.
        configured: What the hub's configuration adds.
    """
    metadata: Manifest = {
        "name": name,
        "labels": {**configured.labels, **labels(plan)},
        "ownerReferences": [owner],
    }
    if configured.annotations:
        metadata["annotations"] = dict(configured.annotations)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": "ClusterIP",
            "selector": {
                **configured.pod_labels,
                **labels(plan),
                names.SERVER_LABEL: owner["name"],
            },
            "publishNotReadyAddresses": True,
            "ports": [{"name": "http", "port": port, "targetPort": port}],
        },
    }


def owner_reference(pod: Manifest) -> Manifest:
    """The OwnerReference by which an object is deleted with the pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "name": pod["metadata"]["name"],
        "uid": pod["metadata"]["uid"],
        "blockOwnerDeletion": True,
        "controller": False,
    }
