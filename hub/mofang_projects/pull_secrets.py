"""Copies of image pull secrets, by which a project's pods get their images. Pure."""

from mofang_kube.names import PULL_SECRET_PREFIX
from mofang_projects.models import Project
from mofang_projects.object_head import Manifest, in_namespace

_PULL_SECRET_TYPES = (
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/dockercfg",
)


class BadPullSecretError(Exception):
    """An image pull secret is missing or of another kind, said as a sentence."""


def pull_secret_name(source: str) -> str:
    """Name the copy of a pull secret; no other Secret of a namespace is called so."""
    return f"{PULL_SECRET_PREFIX}{source}"


def build_pull_secret(project: Project, source: Manifest) -> Manifest:
    """Build a project's copy of an image pull secret.

    Raises:
        BadPullSecretError: The source holds something else than log-ins of registries.
    """
    name, kind = source["metadata"]["name"], source.get("type", "Opaque")
    if kind not in _PULL_SECRET_TYPES:
        msg = (
            f"The Secret {name} of imagePullSecrets has the type {kind}: make it by "
            f"kubectl create secret docker-registry {name}."
        )
        raise BadPullSecretError(msg)
    copy = in_namespace(project, "v1", "Secret", pull_secret_name(name))
    return copy | {"type": kind, "data": source.get("data", {})}
