"""The person's own part of a directory, for when it is made anew from another image.

What is a link into the image, or was generated with the links, is not hers; all else
is. It goes over as further names of the same files.
"""

from __future__ import annotations

import os
import posixpath
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mofang_run.environments.changes import REMOVED, leads_to_image, list_changes
from mofang_run.environments.directory import MANIFEST, Directory, Manifest
from mofang_run.environments.image import in_prefix, read_distribution, read_record
from mofang_run.environments.plan import PYCACHE, source_of


@dataclass(frozen=True)
class Own:
    """What a person has made of a directory."""

    installed: tuple[str, ...] = ()
    """Names of packages that are hers, of the image's versions or others."""

    removed: tuple[str, ...] = ()
    """Names of the image's packages that she removed."""

    files: tuple[str, ...] = ()
    """Paths relative to the directory."""

    requirements: tuple[str, ...] = ()
    """What she installed, as a requirements file has it."""


def find_own(directory: Directory, manifest: Manifest) -> Own:
    """Return what the person made of a directory."""
    changes = list_changes(directory, manifest)
    installed = [change for change in changes if change.kind != REMOVED]
    removed = [change.name for change in changes if change.kind == REMOVED]
    return Own(
        installed=tuple(change.name for change in installed),
        removed=tuple(removed),
        files=tuple(_files(directory, manifest, {each.name for each in installed})),
        requirements=tuple(f"{each.name}=={each.version}" for each in installed),
    )


def carry_over(old: Path, new: Path, files: tuple[str, ...]) -> None:
    """Put files of the old tree into the new one, in place of what is there.

    Args:
        old: Directory that is replaced.
        new: Directory that takes its packages; not yet visible to jobs.
        files: Paths below ``old``.

    Raises:
        OSError: There is no room, or the storage fails.
    """
    for path in files:
        source, target = str(old / path), str(new / path)
        os.makedirs(os.path.dirname(target), exist_ok=True)  # noqa: PTH103, PTH120
        if os.path.lexists(target):
            os.unlink(target)  # noqa: PTH108
        try:
            os.link(source, target, follow_symlinks=False)
        except FileNotFoundError:
            continue  # Removed meanwhile.
        except OSError:
            # Not every file system gives a file two names.
            shutil.copy2(source, target, follow_symlinks=False)


def _files(
    directory: Directory, manifest: Manifest, installed: set[str]
) -> Iterator[str]:
    generated = {*manifest.generated, MANIFEST} - _recorded(
        directory, manifest, installed
    )
    root = directory.path
    for folder, _, names in os.walk(str(root)):
        inside = os.path.relpath(folder, str(root))
        for name in names:
            path = posixpath.normpath(f"{inside}/{name}")
            is_ours = path in generated or source_of(path) in generated
            if not is_ours and _is_own(root, path, manifest):
                yield path


def _recorded(
    directory: Directory, manifest: Manifest, installed: set[str]
) -> set[str]:
    """Return the paths that the person's packages count as theirs."""
    site = directory.site_packages(manifest.python)
    folder = os.path.relpath(str(site), str(directory.path))
    found: set[str] = set()
    for each in site.iterdir():
        one = read_distribution(site, each.name)
        if one is not None and one.name in installed and one.record.is_file():
            found.update(in_prefix(folder, read_record(one.record)))
    return found


def _is_own(root: Path, path: str, manifest: Manifest) -> bool:
    if leads_to_image(root / path, manifest):
        return False
    if f"/{PYCACHE}/" not in path:
        return True
    # Byte code that Python left beside a module of the image is not kept.
    source = root / source_of(path)
    return source.exists() and not source.is_symlink()
