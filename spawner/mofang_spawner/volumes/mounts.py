"""Grants → volumes and mounts of a pod. Pure."""

from collections.abc import Iterable
from typing import Any

from mofang_spawner.volumes.models import VolumeGrant


def volumes(grants: Iterable[VolumeGrant]) -> list[dict[str, Any]]:
    """The pod's volumes, in Kubernetes' form."""
    return [
        {
            "name": grant.claim,
            "persistentVolumeClaim": {"claimName": grant.claim},
        }
        for grant in grants
    ]


def mounts(grants: Iterable[VolumeGrant]) -> list[dict[str, Any]]:
    """A container's mounts, in Kubernetes' form."""
    found = []
    for grant in grants:
        mount: dict[str, Any] = {"name": grant.claim, "mountPath": grant.mount_path}
        if grant.sub_path:
            mount["subPath"] = grant.sub_path
        if grant.read_only:
            mount["readOnly"] = True
        found.append(mount)
    return found
