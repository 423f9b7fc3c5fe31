"""An administrator's volumes and mounts, beside those that a plan grants. Pure."""

from collections.abc import Iterable
from typing import Any

from mofang_spawner.data_sources.models import CLAIM as DATA_CLAIM
from mofang_spawner.volumes.grants import VolumeGrant

Manifest = dict[str, Any]

RESERVED_VOLUMES = (
    "mofang-users",
    "mofang-project",
    "mofang-global",
    "mofang-logs",
    "mofang-environments",
    "saved-environment",
    "cache",
    "tmp",
    "shared-memory",
    "server",
)
"""Names of the platform's own volumes in a server's pod, but for data sources'."""


def is_reserved(name: str) -> bool:
    """Whether a volume or a claim of that name is the platform's."""
    ours = (f"{DATA_CLAIM}.", f"{DATA_CLAIM}-")
    return name in RESERVED_VOLUMES or f"{name}.".startswith(ours)


def merge_volumes(given: Iterable[Manifest], ours: list[Manifest]) -> list[Manifest]:
    """The administrator's, then ours; a name that both have is ours."""
    reserved = {each["name"] for each in ours}
    return [each for each in given if each["name"] not in reserved] + ours


def merge_mounts(
    given: Iterable[Manifest], ours: list[Manifest], grants: Iterable[VolumeGrant]
) -> list[Manifest]:
    """The administrator's mounts, then ours.

    At a path that both have, a granted directory stays; of the others, such as
    ``/cache``, the administrator's mount takes the place.

    Args:
        given: Of the administrator's traits.
        ours: Of the platform.
        grants: Directories that the server may mount.
    """
    granted = {grant.mount_path for grant in grants}
    kept = [each for each in given if _path(each) not in granted]
    taken = {_path(each) for each in kept}
    return kept + [each for each in ours if _path(each) not in taken]


def confine_mounts(container: Manifest, grants: Iterable[VolumeGrant]) -> None:
    """Let a container's mounts of the shared claims see what the user may see.

    The claims hold the directories of all users and projects. Whatever path a mount
    asks for is below the granted one, and read-only where the grant is.
    """
    by_claim = {grant.claim: grant for grant in grants}
    for mount in container.get("volumeMounts") or []:
        grant = by_claim.get(mount["name"])
        if grant is None:
            continue
        mount.pop("subPathExpr", None)
        parts = [part for part in (grant.sub_path, mount.get("subPath")) if part]
        if parts:
            # The API server refuses ".." in it.
            mount["subPath"] = "/".join(parts)
        if grant.read_only:
            mount["readOnly"] = True


def _path(mount: Manifest) -> str:
    return str(mount["mountPath"]).rstrip("/") or "/"
