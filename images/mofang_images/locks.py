"""Rewrite the locks of the images: exact versions, hashes, no addresses."""

import os
from collections.abc import Mapping
from pathlib import Path

from mofang_images.commands import CommandLog, report
from mofang_images.sources import (
    LAYER,
    ROOT_PARENT,
    SHARED_FOLDER,
    ImageSource,
    SourceKind,
    read_sources,
    with_needed,
)
from mofang_images.store import Store
from mofang_images.wheels import program

OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    *("--python-version", "3.13"),
    *("--python-platform", "linux"),
)

LOCK = "requirements.txt"
"""The lock of an image; that of its variant for GPUs is beside it."""

# Ours come as wheels of this very tree.
OWN_PACKAGES = (
    "mofang",
    "mofang-api",
    "mofang-hub-pages",
    "mofang-run",
    "mofang-spawner",
)


def write_locks(repository: Path, store: Store, *, upgrade: bool) -> None:
    """Write the locks of every image, in agreement with the developers' lock.

    What people test with is what the images hold: the root's lock is a
    constraint here. ``upgrade`` lets go of the versions locked so far.

    Args:
        repository: Root of the checkout.
        store: Where built images are kept.
        upgrade: Take the newest versions rather than keep what is locked.
    """
    images = repository / "images"
    log = CommandLog(path=store.log("lock", str(os.getpid())))
    compile_lock: list[str | Path] = [program("uv"), "pip", "compile", *OPTIONS]
    if upgrade:
        compile_lock.append("--upgrade")
    sources = read_sources(images)
    for folder in [images / SHARED_FOLDER, *(each.folder for each in sources.values())]:
        # A variant agrees with its image's own lock, which is written before.
        for wanted in sorted(folder.glob("*.in"), key=lambda each: each.stem):
            lock = wanted.with_suffix(".txt")
            words: list[str | Path] = [*compile_lock, wanted, "--output-file", lock]
            if folder.name in sources:
                words += _agreement(sources[folder.name], sources, wanted)
            log.run(f"lock {wanted}", words, cwd=repository)
            report(f"Wrote {lock.relative_to(repository)}")


def locks_of(folder: Path) -> list[Path]:
    """List the locks of an image, its own before those of its variants."""
    return sorted(folder.glob("requirements*.txt"), key=lambda each: each.stem)


def _agreement(
    source: ImageSource, sources: Mapping[str, ImageSource], wanted: Path
) -> list[str | Path]:
    """Return what an image's lock must agree with, and what else it must cover."""
    words: list[str | Path] = ["--constraint", "requirements.lock"]
    words += ["--override", f"images/{SHARED_FOLDER}/overrides.txt"]
    # What an image has from elsewhere than the index, beside its list of packages.
    overrides = wanted.with_name(wanted.name.replace("requirements", "overrides"))
    if (own := overrides.with_suffix(".txt")).exists():
        words += ["--override", own]
    below = with_needed(sources, _parents(source)).values()
    locks = [lock for each in below for lock in locks_of(each.folder)]
    for lock in [*locks, source.folder / LOCK]:
        if lock.exists() and lock != wanted.with_suffix(".txt"):
            words += ["--constraint", lock]
    # What our own packages need is in the foundation: their layer brings only them.
    layer = [sources[LAYER]] if source.kind is SourceKind.FOUNDATION else []
    for each in [source, *layer]:
        words += [f"{project}/pyproject.toml" for project in each.projects]
    for package in OWN_PACKAGES:
        words += ["--no-emit-package", package]
    return words


def _parents(source: ImageSource) -> list[str]:
    return [] if source.parent == ROOT_PARENT else [source.parent]
