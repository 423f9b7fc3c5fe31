"""Which files belong to a Python package that Debian brought.

Debian's packages have no RECORD, or one of another place; dpkg knows their files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

DPKG = Path("/var/lib/dpkg")


def state(dpkg: Path = DPKG) -> tuple[int, int]:
    """Return what changes whenever a package of Debian's is installed."""
    try:
        status = (dpkg / "status").stat()
    except OSError:
        return (0, 0)
    return (status.st_size, int(status.st_mtime))


def files_of(info: Path, dpkg: Path = DPKG) -> list[str]:
    """Return the files beside a package's metadata that came with it.

    Args:
        info: The folder or file with its metadata.
        dpkg: The folder of dpkg's database.

    Returns:
        Paths relative to the folder that holds ``info``; none if dpkg does not know.
    """
    owner = _owners(info.parent, dpkg).get(info.name)
    if owner is None:
        return []
    paths = ((name, info.parent / name) for name in _files(owner, info.parent))
    return [name for name, path in paths if path.exists() and not path.is_dir()]


def files_by_name(info: Path) -> list[str]:
    """Return the files below the modules that the metadata names."""
    try:
        names = (info / "top_level.txt").read_text().split()
    except OSError:
        names = []
    found = []
    for name in [*names, info.name]:
        top = info.parent / name
        if top.is_dir():
            found += [
                os.path.relpath(os.path.join(folder, file), info.parent)  # noqa: PTH118
                for folder, _, files in os.walk(top)
                for file in files
            ]
        else:
            found += [each.name for each in _modules(info.parent, name)]
    return found


def _modules(site: Path, name: str) -> Iterator[Path]:
    for each in sorted(site.glob(f"{name}*")):
        is_named = each.name == name or each.name.split(".")[0] == name
        if is_named and each.suffix in {".py", ".so", ".egg-info"}:
            yield each


@lru_cache(maxsize=None)  # noqa: UP033 - Python 3.8
def _owners(site: Path, dpkg: Path) -> dict[str, Path]:
    """Return dpkg's list of files by the name of the metadata in it."""
    owners = {}
    for path in sorted((dpkg / "info").glob("*.list")):
        for name in _files(path, site):
            top = name.partition("/")[0]
            if top.endswith((".dist-info", ".egg-info")):
                owners[top] = path
    return owners


def _files(listing: Path, site: Path) -> Iterator[str]:
    start = f"{site}/"
    try:
        lines = listing.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith(start):
            yield line[len(start) :]
