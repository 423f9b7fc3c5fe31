"""Rewrite the locks of the images: exact versions, hashes, no addresses."""

import os
from pathlib import Path

from mofang_images.commands import CommandLog, report
from mofang_images.sources import ROOT_PARENT, SHARED_FOLDER, read_sources
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
    for folder in [images / SHARED_FOLDER, *_locked_folders(images)]:
        for wanted in sorted(folder.glob("*.in")):
            lock = wanted.with_suffix(".txt")
            words: list[str | Path] = [*compile_lock, wanted, "--output-file", lock]
            if wanted.name == "requirements.in":
                words += _own_projects(folder, repository)
            log.run(f"lock {wanted}", words, cwd=repository)
            report(f"Wrote {lock.relative_to(repository)}")


def _locked_folders(images: Path) -> list[Path]:
    sources = read_sources(images).values()
    return [each.folder for each in sources if each.parent == ROOT_PARENT]


def _own_projects(folder: Path, repository: Path) -> list[str | Path]:
    """Return what our own projects in an image add to its lock."""
    source = read_sources(repository / "images")[folder.name]
    words: list[str | Path] = ["--constraint", "requirements.lock"]
    words += ["--override", f"images/{SHARED_FOLDER}/overrides.txt"]
    words += [f"{project}/pyproject.toml" for project in source.projects]
    for package in OWN_PACKAGES:
        words += ["--no-emit-package", package]
    return words
