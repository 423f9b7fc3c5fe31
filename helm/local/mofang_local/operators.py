"""The controllers of Kubeflow's TrainJob and of JobSet, by their modules' manifests.

Pure but for reading the modules; ``cluster`` applies what comes out.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

MARK = "mofang-local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One controller: a component whose module has manifests for kustomize."""

    name: str
    """Of its component, its program and its image."""

    module: str
    namespace: str
    folders: tuple[str, ...]
    """What kustomize renders, inside the module."""

    secrets: tuple[str, ...] = ()
    """Names of empty Secrets that the controller fills with certificates."""

    configuration: str = ""
    """Our text for the file of its ConfigMap, if it has one."""


OPERATORS = (
    Operator(
        name="jobset",
        module="sigs.k8s.io/jobset",
        namespace="jobset-system",
        folders=("config/default",),
        # Alone, it need not wait for the lease of the one before it.
        configuration=yaml.safe_dump(
            {
                "apiVersion": "config.jobset.x-k8s.io/v1alpha1",
                "kind": "Configuration",
                "leaderElection": {"leaderElect": False},
            }
        ),
    ),
    Operator(
        name="trainer",
        module="github.com/kubeflow/trainer/v2",
        namespace="kubeflow-system",
        # Its overlay also fetches JobSet's manifests from the internet.
        folders=tuple(
            f"manifests/base/{part}" for part in ("crds", "manager", "rbac", "webhook")
        ),
        secrets=("kubeflow-trainer-webhook-cert",),
    ),
)


def kustomization(operator: Operator, module: Path, folder: Path) -> Manifest:
    """What to render: the module's folders, seen from ``folder``."""
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": operator.namespace,
        "resources": [
            os.path.relpath(module / each, folder) for each in operator.folders
        ],
    }


def manifests(operator: Operator, rendered: str, image: str) -> list[Manifest]:
    """What kustomize rendered, with our image, small and restricted.

    Args:
        operator: Which.
        rendered: The documents.
        image: Of its program.
    """
    found = [each for each in yaml.safe_load_all(rendered) if each]
    for each in found:
        match each["kind"]:
            case "Deployment":
                _fit(each, operator.name, image)
            case "ConfigMap" if operator.configuration:
                each["data"] = dict.fromkeys(each["data"], operator.configuration)
    own = [_object("Namespace", operator.namespace, None)]
    own += [_object("Secret", name, operator.namespace) for name in operator.secrets]
    return [*own, *(each for each in found if each["kind"] != "Namespace")]


def _fit(deployment: Manifest, program: str, image: str) -> None:
    # Two at a time would both act: none of them asks for a lease.
    deployment["spec"]["strategy"] = {"type": "Recreate"}
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    container["image"] = image
    container["imagePullPolicy"] = "IfNotPresent"
    container["command"] = [f"/{program}"]
    container["readinessProbe"].update(initialDelaySeconds=1, periodSeconds=2)
    container["resources"] = {"requests": {"cpu": "10m", "memory": "64Mi"}}
    container["securityContext"] = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def _object(kind: str, name: str, namespace: str | None) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata}


def mark(operator: Operator, found: list[Manifest]) -> Manifest:
    """What remembers, in the cluster, which manifests of the operator it has."""
    digest = hashlib.sha256(yaml.safe_dump_all(found).encode()).hexdigest()
    data = {f"{operator.name}.sha256": digest}
    return {**_object("ConfigMap", MARK, operator.namespace), "data": data}
