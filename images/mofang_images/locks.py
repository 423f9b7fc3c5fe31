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
    Kind,
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
    *("--python-version", "3.11"),
    *("--python-platform", "linux"),
)

# Ours come as wheels of this very tree.
OWN_PACKAGES = ("mofang", "mofang-spawner")


def write_locks(repository: Path, store: Store, *, upgrade: bool) -> None:
    """Write the lock of every image, in agreement with the developers' lock.

    What people test with is what the images hold: the root's lock is a
    constraint here. ``upgrade`` lets go of the versions locked so far.
    """
    images = repository / "images"
    log = CommandLog(path=store.log("lock", str(os.getpid())))
    compile_lock: list[str | Path] = [program("uv"), "pip", "compile", *OPTIONS]
    if upgrade:
        compile_lock.append("--upgrade")
    sources = read_sources(images)
    for folder in [images / SHARED_FOLDER, *(each.folder for each in sources.values())]:
        for wanted in sorted(folder.glob("*.in")):
            lock = wanted.with_suffix(".txt")
            words: list[str | Path] = [*compile_lock, wanted, "--output-file", lock]
            if folder.name in sources:
                words += _agreement(sources[folder.name], sources, images)
            log.run(f"lock {wanted}", words, cwd=repository)
            report(f"Wrote {lock.relative_to(repository)}")


def _agreement(
    source: ImageSource, sources: Mapping[str, ImageSource], images: Path
) -> list[str | Path]:
    """Return what an image's lock must agree with, and what else it must cover."""
    words: list[str | Path] = ["--constraint", "requirements.lock"]
    words += ["--override", f"images/{SHARED_FOLDER}/overrides.txt"]
    for ancestor in with_needed(sources, _parents(source)):
        lock = images / ancestor / "requirements.txt"
        if lock.exists():
            words += ["--constraint", lock.relative_to(images.parent)]
    # What our own packages need is in the foundation: their layer brings only them.
    layer = [sources[LAYER]] if source.kind is Kind.FOUNDATION else []
    for each in [source, *layer]:
        words += [f"{project}/pyproject.toml" for project in each.projects]
    for package in OWN_PACKAGES:
        words += ["--no-emit-package", package]
    return words


def _parents(source: ImageSource) -> list[str]:
    return [] if source.parent == ROOT_PARENT else [source.parent]
