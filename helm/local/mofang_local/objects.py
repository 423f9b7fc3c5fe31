"""Objects of Kubernetes as dictionaries: what all of them have in common. Pure."""

import hashlib
from typing import Any

Manifest = dict[str, Any]

RESTRICTED: Manifest = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""Security context of a container by the Pod Security Standard *restricted*."""

_RBAC = "rbac.authorization.k8s.io"
_GROUPS = {
    "Deployment": "apps",
    "DaemonSet": "apps",
    "NetworkPolicy": "networking.k8s.io",
    "ClusterRole": _RBAC,
    "ClusterRoleBinding": _RBAC,
    "Role": _RBAC,
    "RoleBinding": _RBAC,
}
"""Kind → group of its API; that of all others has no name."""


def build_object(
    kind: str, name: str, namespace: str | None = None, **rest: Any
) -> Manifest:
    """Return an object of version 1 of its API.

    Args:
        kind: Of the object.
        name: Of the object.
        namespace: None where its kind has none.
        **rest: Its further fields; of ``metadata``, those that it has besides.
    """
    metadata: Manifest = {"name": name}
    if namespace:
        metadata["namespace"] = namespace
    metadata.update(rest.pop("metadata", {}))
    group = _GROUPS.get(kind)
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def build_namespace(name: str, pod_security: str = "") -> Manifest:
    """Return a namespace.

    Args:
        name: Of the namespace.
        pod_security: Level that its pods must meet; empty for none.
    """
    labels = {"pod-security.kubernetes.io/enforce": pod_security}
    metadata = {"labels": labels} if pod_security else {}
    return build_object("Namespace", name, metadata=metadata)


def build_binding(
    role: Manifest, subject: Manifest, name: str | None = None
) -> Manifest:
    """Return what gives a role to somebody.

    Args:
        role: A Role, or a ClusterRole for all namespaces.
        subject: Kind, name and further fields as a binding has them.
        name: Of the binding; None for that of the role.
    """
    metadata = role["metadata"]
    reference = {"kind": role["kind"], "name": metadata["name"]}
    return build_object(
        f"{role['kind']}Binding",
        name or metadata["name"],
        metadata.get("namespace"),
        roleRef={"apiGroup": _RBAC, **reference},
        subjects=[subject],
    )


def build_user(name: str) -> Manifest:
    """Return a user as the subject of a binding."""
    return {"apiGroup": _RBAC, "kind": "User", "name": name}


def build_field(name: str, path: str) -> Manifest:
    """Return a variable of a container that has a field of its pod."""
    return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}


def restart_on_change(workload: Manifest, *contents: Any) -> None:
    """Let pods of a workload start anew when what they read is another.

    Args:
        workload: A Deployment or DaemonSet, which gets an annotation.
        *contents: What its ConfigMaps and Secrets hold.
    """
    digest = hashlib.sha256(repr(contents).encode()).hexdigest()[:16]
    template = workload["spec"]["template"]["metadata"]
    template["annotations"] = {"checksum/configuration": digest}
