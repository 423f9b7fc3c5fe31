"""What of a person's directory can be saved, and what cannot.

A package can be saved if its RECORD names its files and these lie in the directory. One
that was installed in place (``pip install -e``) has its files elsewhere, so it is left
out; what was changed by hand is saved as it is, and named.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mofang_run.environments.changes import (
    REMOVED,
    find_distributions,
    list_changes,
)
from mofang_run.environments.directory import Directory, Manifest
from mofang_run.environments.image import Distribution

INDEX = "index"
LOCAL = "local"

_CHUNK = 1 << 20
_SHOWN = 3

DIRECT_URL = "direct_url.json"
_GENERATED = frozenset({"RECORD", "INSTALLER", "REQUESTED"})


@dataclass(frozen=True)
class FrozenDistribution:
    """A package that can be saved."""

    name: str
    version: str
    source: str
    files: tuple[str, ...]
    """Paths relative to the directory, sorted."""

    is_modified: bool


@dataclass(frozen=True)
class Remark:
    """What a person must know of a package before it is saved."""

    name: str
    message: str
    is_left_out: bool
    """Whether the saved environment lacks it."""


@dataclass(frozen=True)
class Frozen:
    """What a directory has beyond what it stands on."""

    distributions: tuple[FrozenDistribution, ...] = ()
    removed: tuple[str, ...] = ()
    """Names of packages that were removed from what the directory stands on."""

    remarks: tuple[Remark, ...] = ()


def freeze(directory: Directory, manifest: Manifest) -> Frozen:
    """Return what is installed in a directory, checked against its RECORDs.

    Raises:
        OSError: The directory cannot be read.
    """
    found = find_distributions(directory, manifest)
    changes = list_changes(directory, manifest)
    distributions: list[FrozenDistribution] = []
    remarks: list[Remark] = []
    for change in changes:
        if change.kind == REMOVED:
            continue  # Whoever saves knows whether it comes back.
        result = _freeze_one(directory, found[change.name])
        if isinstance(result, FrozenDistribution):
            distributions.append(result)
            remarks += _remarks(result)
        else:
            remarks.append(result)
    remarks += _strays(directory, manifest, found.values())
    return Frozen(
        distributions=tuple(distributions),
        removed=tuple(each.name for each in changes if each.kind == REMOVED),
        remarks=tuple(remarks),
    )


def _freeze_one(directory: Directory, one: Distribution) -> FrozenDistribution | Remark:
    if not one.record.is_file():
        return Remark(one.name, "It has no list of its files (RECORD).", True)
    source, is_editable = _source(one)
    if is_editable:
        return Remark(
            one.name,
            "It was installed in place (pip install -e), so its files are elsewhere. "
            "Install it without -e to save it.",
            True,
        )
    files, outside, modified = [], [], 0
    for path, expected in _recorded(directory, one):
        if path is None:
            outside.append(expected)
            continue
        full = directory.path / path
        if path.endswith(f"{one.info}/{DIRECT_URL}"):
            continue  # It may hold a password, or a place of the author's alone.
        if not full.is_file():
            # Byte code is listed by pip and removed by many.
            modified += not path.endswith(".pyc")
            continue
        files.append(path)
        modified += bool(expected) and not _has_hash(full, expected)
    if outside:
        shown = ", ".join(outside[:_SHOWN])
        message = f"It has files outside of the environment: {shown}."
        return Remark(one.name, message, True)
    return FrozenDistribution(
        name=one.name,
        version=one.version,
        source=source,
        files=tuple(sorted(set(files))),
        is_modified=bool(modified),
    )


def _remarks(one: FrozenDistribution) -> Iterator[Remark]:
    if one.is_modified:
        message = "Files of it were changed by hand. They are saved as they are."
        yield Remark(one.name, message, False)
    if one.source == LOCAL:
        message = (
            "It was installed from a directory or file of yours. It is saved as it was "
            "installed."
        )
        yield Remark(one.name, message, False)


def _recorded(
    directory: Directory, one: Distribution
) -> Iterator[tuple[str | None, str]]:
    """Yield path and hash; None and the path for a file outside of the directory."""
    folder = os.path.relpath(str(one.site), str(directory.path))
    with one.record.open(newline="", encoding="utf-8") as lines:
        for row in csv.reader(lines):
            if not row:
                continue
            path = posixpath.normpath(posixpath.join(folder, row[0]))
            if path.startswith(("../", "/")):
                yield None, row[0]
            else:
                yield path, row[1] if len(row) > 1 else ""


def _has_hash(path: Path, expected: str) -> bool:
    kind, _, value = expected.partition("=")
    if kind != "sha256":
        return True  # Nobody writes another, and nothing is known of the file then.
    if path.parent.name.endswith(".dist-info") and path.name in _GENERATED:
        return True
    if path.parent.name == "bin":
        return True  # The first line of a program names where it was installed.
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            digest.update(chunk)
    return base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode() == value


def _source(one: Distribution) -> tuple[str, bool]:
    """Return where a package is from, and whether it is in place (PEP 610)."""
    try:
        told = json.loads((one.site / one.info / DIRECT_URL).read_bytes())
        url = str(told["url"])
    except (OSError, ValueError, TypeError, KeyError):
        return INDEX, False
    directory = told.get("dir_info") or {}
    if url.startswith("file:"):
        return LOCAL, bool(directory.get("editable"))
    version_control = told.get("vcs_info") or {}
    address = _without_credentials(url)
    if version_control:
        kind, commit = version_control.get("vcs"), version_control.get("commit_id")
        return f"{kind}+{address}@{commit}", False
    return address, False


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    # A query may hold a signature.
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _strays(
    directory: Directory, manifest: Manifest, found: Iterable[Distribution]
) -> Iterator[Remark]:
    """Name modules that belong to no package."""
    site = directory.site_packages(manifest.python)
    known = {*manifest.entries, "__pycache__"}
    for one in found:
        known.add(one.info)
        known.update(path.split("/")[0] for path in one.files())
    for each in sorted(site.iterdir()):
        if each.name not in known and not each.name.startswith("~"):
            message = "It belongs to no package that pip or uv installed."
            yield Remark(each.name, message, True)
