"""The head of what the reconciler makes for a project. Pure."""

from typing import Any

from mofang_kube.names import PROJECT_LABEL, project_namespace
from mofang_projects.models import Project

Manifest = dict[str, Any]


def cluster_wide(project: Project, api_version: str, kind: str, name: str) -> Manifest:
    """Return the head of an object without a namespace.

    Args:
        project: The project that it is made for.
        api_version: Group and version, such as ``apps/v1``.
        kind: Kind of the object.
        name: Its name.
    """
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {
                PROJECT_LABEL: project.name,
                "app.kubernetes.io/part-of": "mofang",
                "app.kubernetes.io/managed-by": "mofang-reconciler",
            },
        },
    }


def in_namespace(project: Project, api_version: str, kind: str, name: str) -> Manifest:
    """Return the head of an object in the project's namespace.

    Args:
        project: The project.
        api_version: Group and version, such as ``apps/v1``.
        kind: Kind of the object.
        name: Its name.
    """
    manifest = cluster_wide(project, api_version, kind, name)
    manifest["metadata"]["namespace"] = project_namespace(project.name)
    return manifest
