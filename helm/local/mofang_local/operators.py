"""The controllers of jobs, made from the manifests of their Go modules.

Pure but for reading this file; ``cluster`` renders and applies.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from mofang_local.objects import RESTRICTED, Manifest, build_namespace, build_object

_OWN = "mofang-local"
"""ConfigMap that remembers what was applied, and one of our files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One controller: a component whose module has manifests for kustomize."""

    name: str
    """Of its component, its program and its image."""

    module: str
    namespace: str
    folders: tuple[str, ...]
    """What kustomize renders, inside the module."""

    images: tuple[str, ...] = ()
    """Names of images that its arguments refer to."""

    after: tuple[str, ...] = ()
    """Operators whose resource definitions it cannot start without."""

    arguments: tuple[str, ...] = ()
    """In place of the manifests' own; ``{name}`` is the reference of an image."""

    secrets: tuple[str, ...] = ()
    """Names of empty Secrets that the controller fills with certificates."""

    configuration: str = ""
    """Our text for the file of its ConfigMap, if it has one."""

    files: Mapping[str, str] = field(default_factory=dict)
    """Our text by name of a file that the controller finds in ``/etc/config``."""


# What workers of a PyTorchJob with a master do first: await its name. The operator's
# own template runs a shell of an image that cannot be had here. It fills in the
# fields in braces.
_AWAIT_MASTER = {
    "name": "init-pytorch",
    "image": "{{.InitContainerImage}}",
    "imagePullPolicy": "IfNotPresent",
    "args": ["{{.MasterAddr}}"],
    "resources": {
        "requests": {"cpu": "10m", "memory": "16Mi"},
        "limits": {"memory": "32Mi"},
    },
    "securityContext": RESTRICTED,
}

OPERATORS = (
    Operator(
        name="training-operator",
        module="github.com/kubeflow/training-operator",
        namespace="kubeflow",
        folders=("manifests/overlays/standalone",),
        images=("await-name", "kubectl-delivery"),
        arguments=(
            "--pytorch-init-container-image={await-name}",
            "--mpi-kubectl-delivery-image={kubectl-delivery}",
        ),
        files={"initContainer.yaml": yaml.safe_dump([_AWAIT_MASTER])},
    ),
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
        after=("jobset",),
        # Its overlay also fetches JobSet's manifests from the internet.
        folders=tuple(
            f"manifests/base/{part}" for part in ("crds", "manager", "rbac", "webhook")
        ),
        secrets=("kubeflow-trainer-webhook-cert",),
    ),
    Operator(
        name="kuberay-operator",
        module="github.com/ray-project/kuberay/ray-operator",
        namespace="ray-system",
        folders=("config/default",),
        # Alone, it need not wait for the lease of the one before it.
        arguments=("--enable-leader-election=false",),
    ),
)


def kustomization(operator: Operator, module: Path, folder: Path) -> Manifest:
    """What to render: the module's folders, seen from ``folder``.

    Args:
        operator: Which operator.
        module: Directory of its Go module.
        folder: Where the overlay is written.
    """
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": operator.namespace,
        "resources": [
            os.path.relpath(module / each, folder) for each in operator.folders
        ],
    }


def manifests(
    operator: Operator, rendered: str, references: Mapping[str, str]
) -> list[Manifest]:
    """What kustomize rendered, with our images, small and restricted.

    Args:
        operator: Which.
        rendered: The documents.
        references: Of images, by name.

    Returns:
        The namespace first.
    """
    found = [each for each in yaml.safe_load_all(rendered) if each]
    for each in found:
        match each["kind"]:
            case "Deployment":
                _fit(each, operator, references)
            case "ConfigMap" if operator.configuration:
                each["data"] = dict.fromkeys(each["data"], operator.configuration)
    namespace = operator.namespace
    own = [build_namespace(namespace)]
    own += [build_object("Secret", name, namespace) for name in operator.secrets]
    if operator.files:
        files = dict(operator.files)
        own.append(build_object("ConfigMap", f"{_OWN}-files", namespace, data=files))
    return [*own, *(each for each in found if each["kind"] != "Namespace")]


def _fit(
    deployment: Manifest, operator: Operator, references: Mapping[str, str]
) -> None:
    # Two at a time would both act: none of them asks for a lease. Not `Recreate`: a
    # Deployment that was made with the defaults cannot be changed to it.
    deployment["spec"]["strategy"] = {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }
    pod = deployment["spec"]["template"]["spec"]
    container = pod["containers"][0]
    container["image"] = references[operator.name]
    container["imagePullPolicy"] = "IfNotPresent"
    container["command"] = [f"/{operator.name}"]
    if operator.arguments:
        container["args"] = [each.format_map(references) for each in operator.arguments]
    container["readinessProbe"].update(initialDelaySeconds=1, periodSeconds=2)
    container["resources"] = {"requests": {"cpu": "10m", "memory": "64Mi"}}
    container["securityContext"] = {**RESTRICTED, "readOnlyRootFilesystem": True}
    if operator.files:
        mount = {"name": "files", "mountPath": "/etc/config", "readOnly": True}
        container.setdefault("volumeMounts", []).append(mount)
        volume = {"name": "files", "configMap": {"name": f"{_OWN}-files"}}
        pod.setdefault("volumes", []).append(volume)


def mark(operator: Operator, module: Path, references: Mapping[str, str]) -> Manifest:
    """What remembers, in the cluster, from what the operator's objects were made.

    Rendering and comparing megabytes of definitions would take seconds each time.

    Args:
        operator: Which.
        module: Its folder, whose name has the version.
        references: Of all images, by name.
    """
    digest = hashlib.sha256(Path(__file__).read_bytes())
    used = [
        reference
        for name, reference in sorted(references.items())
        if name == operator.name or f"{{{name}}}" in "".join(operator.arguments)
    ]
    digest.update(repr((operator, module.name, used)).encode())
    data = {f"{operator.name}.sha256": digest.hexdigest()}
    return build_object("ConfigMap", _OWN, operator.namespace, data=data)
