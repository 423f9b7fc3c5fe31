"""The folder that keeps what was built: archives, wheels, logs, Debian roots.

Nothing half-written is ever found under its final name.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mofang_images.commands import report

KEPT = 2
"""How many versions of one thing stay."""


def default_folder() -> Path:
    """Return where a person's programs keep what can be made again."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "mofang" / "images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What was built, by kind and by name."""

    folder: Path

    def archive(self, name: str, tag: str) -> Path:
        """Return where an image's OCI archive is, or will be."""
        return self.folder / "archives" / f"{name}-{tag}.tar"

    def log(self, name: str, tag: str) -> Path:
        """Return where the output of a build goes."""
        return self.folder / "logs" / f"{name}-{tag}.log"

    def wheels(self, project: str, digest: str) -> Path:
        """Return the folder of the wheel made from a project's sources."""
        return self.folder / "wheels" / f"{project.replace('/', '-')}-{digest[:16]}"

    def root(self, identity: str) -> Path:
        """Return where the archive of a Debian root is, or will be."""
        return self.folder / "roots" / f"debian-{identity}.tar"

    def storage(self) -> Path:
        """Return buildah's own storage of layers, apart from the machine's."""
        return self.folder / "storage"

    @contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """Lend an empty private folder that is gone afterwards."""
        folder = self.folder / "work" / f"{name}-{os.getpid()}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def finished(self, target: Path) -> Iterator[Path]:
        """Lend a path to write to, which becomes the target if all goes well."""
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        _remove(unfinished)
        try:
            yield unfinished
            unfinished.replace(target)
        finally:
            _remove(unfinished)

    def trim(self, current: Path, prefix: str) -> list[Path]:
        """Remove all but the newest things named like ``current``; return them."""
        others = sorted(
            (
                each
                for each in current.parent.glob(f"{prefix}-*")
                if each != current and _same_kind(each, prefix)
            ),
            key=lambda each: each.stat().st_mtime,
            reverse=True,
        )
        old = others[KEPT - 1 :]
        for each in old:
            _remove(each)
        return old

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one builder at a time work here; others wait for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report("Waiting for another build of images to end …")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _same_kind(path: Path, prefix: str) -> bool:
    """Tell whether only a hash follows the prefix, not more of another name."""
    return "-" not in path.name.removeprefix(f"{prefix}-")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
