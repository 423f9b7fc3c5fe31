"""Write what is installed as a saved environment into the home.

The draft lies in ``~/.mofang/saved/<digest of the lock>``. The reconciler copies it
from there into the store, with all digests checked; only what it has copied is used.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mofang_run.environments.directory import Directory, Manifest, PackagesError
from mofang_run.environments.saved_archive import pack
from mofang_run.environments.saved_freeze import (
    Frozen,
    FrozenDistribution,
    Remark,
    freeze,
)
from mofang_run.environments.saved_lock import LOCK_FILE, Lock, LockedDistribution

DRAFTS = Path(".mofang", "saved")
_OLD_SECONDS = 24 * 3600.0
_WRITERS = 2

Progress = Callable[[int, int], None]
"""Called with the packages that are done, and all."""


@dataclass(frozen=True)
class SavePreview:
    """What a saved environment would hold, before anything is written."""

    frozen: Frozen
    bytes: int
    """Of the files."""

    kept: tuple[LockedDistribution, ...]
    """Of the saved environment that this one was started from, unchanged."""


def preview(directory: Directory, base: Lock | None) -> SavePreview:
    """Return what would be saved.

    Args:
        directory: The person's.
        base: Lock of the saved environment that it stands on; None for an image's.

    Raises:
        PackagesError: There is no directory.
        OSError: It cannot be read.
    """
    frozen = freeze(directory, _manifest(directory))
    own = {each.name for each in (base.distributions if base else ())}
    back = tuple(
        Remark(
            name,
            "You removed it from the environment. Saved environments have all packages "
            "of the image.",
            is_left_out=False,
        )
        for name in frozen.removed
        if name not in own
    )
    frozen = replace(frozen, remarks=frozen.remarks + back)
    gone = {*frozen.removed, *(each.name for each in frozen.distributions)}
    kept = [
        each for each in (base.distributions if base else ()) if each.name not in gone
    ]
    sizes = (
        (directory.path / path).stat().st_size
        for each in frozen.distributions
        for path in each.files
    )
    return SavePreview(
        frozen, sum(sizes) + sum(each.bytes for each in kept), tuple(kept)
    )


def write_draft(
    directory: Directory,
    base: Lock | None,
    home: Path,
    *,
    environment: str,
    progress: Progress = lambda _done, _all: None,
) -> Lock:
    """Write a draft; return its lock. The same packages make the same draft.

    Args:
        directory: The person's.
        base: As for ``preview``.
        home: Where drafts are.
        environment: Name of the environment whose image it stands on.
        progress: Told how far it is.

    Raises:
        PackagesError: There is nothing to save.
        OSError: There is no room, or a file changed meanwhile.
    """
    found = preview(directory, base)
    drafts = home / DRAFTS
    drafts.mkdir(parents=True, exist_ok=True)
    _remove_old(drafts)
    folder = Path(tempfile.mkdtemp(prefix=".draft-", dir=str(drafts)))
    try:
        packed = _pack_all(directory, found.frozen.distributions, folder, progress)
        lock = Lock(
            python=_manifest(directory).python,
            environment=environment,
            distributions=tuple(
                sorted((*found.kept, *packed), key=lambda each: each.name)
            ),
        )
        if not lock.distributions:
            raise PackagesError(
                "Nothing is installed beyond the environment, so there is nothing to "
                "save. Install packages with pip or uv first."
            )
        (folder / LOCK_FILE).write_text(lock.text())
        target = drafts / lock.digest
        shutil.rmtree(str(target), ignore_errors=True)
        folder.rename(target)
    finally:
        shutil.rmtree(str(folder), ignore_errors=True)
    return lock


def remove_draft(home: Path, digest: str) -> None:
    """Remove a draft that is in the store by now; none is fine."""
    shutil.rmtree(str(home / DRAFTS / digest), ignore_errors=True)


def _manifest(directory: Directory) -> Manifest:
    manifest = directory.read_manifest()
    if manifest is None:
        raise PackagesError(
            "The directory of your packages is not there yet. Try again in a minute."
        )
    return manifest


def _pack_all(
    directory: Directory,
    distributions: tuple[FrozenDistribution, ...],
    folder: Path,
    progress: Progress,
) -> list[LockedDistribution]:
    done = 0
    progress(0, len(distributions))

    def write(one: FrozenDistribution) -> LockedDistribution:
        draft = folder / f".{one.name}"
        packed = pack(directory.path, one.files, draft)
        draft.rename(folder / f"{packed.digest}.tar")
        return LockedDistribution(
            name=one.name,
            version=one.version,
            source=one.source,
            archive=packed.digest,
            bytes=packed.bytes,
            files=len(one.files),
            is_modified=one.is_modified,
        )

    found = []
    with ThreadPoolExecutor(_WRITERS) as pool:
        for each in pool.map(write, distributions):
            found.append(each)
            done += 1
            progress(done, len(distributions))
    return found


def _remove_old(drafts: Path) -> None:
    """Remove what somebody left who was interrupted."""
    before = time.time() - _OLD_SECONDS
    for each in drafts.iterdir():
        with suppress(OSError):
            if each.stat().st_mtime < before and not each.is_symlink():
                shutil.rmtree(str(each), ignore_errors=True)
