"""The folder that keeps what was built: archives, wheels, logs, Debian roots.

Nothing half-written is ever found under its final name. Several builders may work here
at a time: a lock for each thing keeps two of them from making the same.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mofang_images.commands import report

KEPT = 2
"""How many versions of one thing stay."""

_BUILDS = "builds"


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

    def packages(self, name: str, tag: str) -> Path:
        """Return where the list of an image's Debian packages is, or will be."""
        return self.folder / "packages" / f"{name}-{tag}.txt"

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
        _remove(folder)
        folder.mkdir(parents=True, mode=0o700)
        try:
            yield folder
        finally:
            _remove(folder)

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

    def sweep(self) -> None:
        """Remove what programs left that were killed in the middle of their work."""
        unfinished = [*self.folder.glob("work/*"), *self.folder.glob("*/.*")]
        for each in unfinished:
            process = re.split("[-.]", each.name)[-1]
            if process.isdecimal() and not Path("/proc", process).exists():
                _remove(each)

    def trim(self, current: Path, prefix: str) -> list[Path]:
        """Remove all but the newest things named like ``current``; return them."""
        old = self.others(current, prefix)[KEPT - 1 :]
        for each in old:
            _remove(each)
        return old

    def others(self, current: Path, prefix: str) -> list[Path]:
        """Return the other versions of a thing, newest first."""
        return sorted(
            (
                each
                for each in current.parent.glob(f"{prefix}-*")
                if each != current and _same_kind(each, prefix)
            ),
            key=lambda each: each.stat().st_mtime,
            reverse=True,
        )

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let one process at a time make the thing of a name; others wait for it.

        Who makes a thing may ask for those it is made of, never the other way round.
        """
        with self._lock_file(name) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report(f"Waiting for another build of {name} …")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def building(self) -> Iterator[None]:
        """Mark that builds go on, as long as nobody is tidying."""
        with self._lock_file(_BUILDS) as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    @contextmanager
    def collecting(self) -> Iterator[bool]:
        """Keep builds from beginning; tell whether none goes on."""
        with self._lock_file(_BUILDS) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def _lock_file(self, name: str) -> TextIO:
        file = self.folder / "locks" / name.replace("/", "-")
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("w")


def _same_kind(path: Path, prefix: str) -> bool:
    """Tell whether only a hash follows the prefix, not more of another name."""
    return "-" not in path.name.removeprefix(f"{prefix}-")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
