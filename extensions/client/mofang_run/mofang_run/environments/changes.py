"""What a person's directory has that the image has not, and the other way round."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from mofang_run.environments.directory import Directory, Manifest
from mofang_run.environments.image import DIST_INFO, Distribution, read_distribution

ADDED = "added"
CHANGED = "changed"
REMOVED = "removed"
KINDS = (ADDED, CHANGED, REMOVED)


@dataclass(frozen=True)
class PackageChange:
    """One package that differs from the image."""

    name: str
    kind: str
    """How it differs: one of ``KINDS``."""

    version: str
    """Empty for one that was removed."""

    image_version: str
    """Empty for one that was added."""


def list_changes(directory: Directory, manifest: Manifest) -> list[PackageChange]:
    """Return the packages that differ from the image, by name.

    Raises:
        OSError: The directory cannot be read.
    """
    image = manifest.distributions
    found = find_distributions(directory, manifest)
    changes = [
        PackageChange(
            name=name,
            kind=CHANGED if name in image else ADDED,
            version=one.version,
            image_version=image.get(name, ""),
        )
        for name, one in found.items()
        if name not in image or not leads_to_image(one.metadata, manifest)
    ]
    # Without links the image's packages are all on the path.
    missing = image if manifest.is_linked else {}
    changes += [
        PackageChange(name=name, kind=REMOVED, version="", image_version=version)
        for name, version in missing.items()
        if name not in found
    ]
    return sorted(changes, key=lambda change: change.name)


def has_changes(directory: Directory, manifest: Manifest) -> bool:
    """Tell whether anything differs, modules without metadata included.

    Raises:
        OSError: The directory cannot be read.
    """
    if list_changes(directory, manifest):
        return True
    site = directory.site_packages(manifest.python)
    names = {each.name for each in site.iterdir()}
    known = {*manifest.entries, "__pycache__"}
    # pip leaves folders that begin so when it is interrupted.
    return any(not name.startswith("~") for name in names - known)


def leads_to_image(path: Path, manifest: Manifest) -> bool:
    """Tell whether a path is a link to a file that the image brought.

    Raises:
        OSError: It is not there.
    """
    if not path.is_symlink():
        return False
    return os.readlink(str(path)).startswith(  # noqa: PTH115 - Python 3.8
        tuple(f"{source}/" for source in manifest.sources)
    )


def find_distributions(
    directory: Directory, manifest: Manifest
) -> dict[str, Distribution]:
    """Return all packages in a directory by name, links to the image's included.

    Raises:
        OSError: The directory cannot be read.
    """
    site = directory.site_packages(manifest.python)
    found: dict[str, Distribution] = {}
    for each in site.iterdir():
        if each.name.endswith(DIST_INFO):
            one = read_distribution(site, each.name)
            if one is not None:
                found[one.name] = one
    return found
