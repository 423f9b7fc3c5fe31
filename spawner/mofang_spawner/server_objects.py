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


def label_pod(pod: Manifest, plan: SpawnPlan) -> None:
    """Set the labels and the annotation that the platform finds the pod by."""
    metadata = pod["metadata"]
    metadata["labels"] = {
        **(metadata.get("labels") or {}),
        **labels(plan),
        names.SERVER_LABEL: metadata["name"],
    }
    metadata["annotations"] = {
        **(metadata.get("annotations") or {}),
        names.OWNER_NAME_ANNOTATION: plan.username,
    }


def secret(
    name: str, plan: SpawnPlan, token: str, configured: ConfiguredMetadata
) -> Manifest:
    """The server's Secret: its hub token and its start-up script.

    Args:
        name: The pod's name.
        plan: The start.
        token: The server's token for the hub.
        configured: What the hub's configuration adds.
    """
    data = {TOKEN_KEY: token}
    if plan.environment.startup_script:
        data[SCRIPT_KEY] = plan.environment.startup_script
    metadata: Manifest = {"name": name, "labels": {**configured.labels, **labels(plan)}}
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
