"""What the image brings: its Python, its packages, and how it is told from others."""

from __future__ import annotations

import csv
import hashlib
import os
import posixpath
import re
import site
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mofang_run.environments import debian
from mofang_run.environments.directory import FORMAT, site_folder

DIST_INFO = ".dist-info"
EGG_INFO = ".egg-info"


@dataclass(frozen=True)
class Distribution:
    """One installed package."""

    name: str
    """Normalized: ``typing-extensions``."""

    version: str
    site: Path
    info: str
    """Name of the folder or file with its metadata."""

    dpkg: Path = debian.DPKG
    """The folder of the database of Debian's packages."""

    @property
    def record(self) -> Path:
        """The list of its files, which Debian's packages do not always have."""
        return self.site / self.info / "RECORD"

    @property
    def metadata(self) -> Path:
        """The file with its name, version and requirements."""
        path = self.site / self.info
        if self.info.endswith(DIST_INFO):
            return path / "METADATA"
        return path / "PKG-INFO" if path.is_dir() else path

    def files(self) -> list[str]:
        """Return its files, relative to its site; some may be missing."""
        if self.record.is_file():
            return read_record(self.record)
        path = self.site / self.info
        return debian.files_of(path, self.dpkg) or debian.files_by_name(path)


@dataclass(frozen=True)
class Image:
    """The Python environment that this program runs in."""

    prefix: Path
    python: Path
    """The interpreter below all virtual environments."""

    version: str
    """``3.13``."""

    sites: tuple[Path, ...]
    """Folders of packages, in the order in which Python searches them."""

    dpkg: Path = debian.DPKG
    """The folder of the database of Debian's packages."""

    overlay: Path | None = None
    """Prefix of a saved environment that stands on the image, with the first site."""

    @classmethod
    def running(cls) -> Image:
        """Describe the interpreter that runs this, without what a person adds."""
        places = dict.fromkeys(map(Path, site.getsitepackages()))
        return cls(
            prefix=Path(sys.prefix),
            python=Path(os.path.realpath(sys.executable)),
            version=".".join(map(str, sys.version_info[:2])),
            sites=tuple(folder for folder in places if folder.is_dir()),
        )

    @property
    def site_folder(self) -> str:
        """Where packages are below the prefix of a virtual environment."""
        return site_folder(self.version)

    @property
    def link_targets(self) -> tuple[Path, ...]:
        """All folders that links of a directory lead to."""
        overlay = () if self.overlay is None else (self.overlay,)
        return (*overlay, self.prefix, *self.sites)

    def prefix_of(self, site: Path) -> Path | None:
        """Return the prefix whose programs and data belong to a site."""
        own = self.sites if self.overlay is None else self.sites[1:]
        if site not in own:
            return self.overlay
        return self.prefix if site == own[0] else None

    @cached_property
    def identity(self) -> str:
        """Differs between images whose packages differ."""
        digest = hashlib.sha256()
        parts = (FORMAT, sys.version, self.python, self.prefix, debian.state(self.dpkg))
        digest.update(repr(parts).encode())
        for folder in self.sites:
            for one in self.distributions(folder):
                path = one.record if one.record.is_file() else one.metadata
                digest.update(f"\0{path}\0".encode())
                digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.hexdigest()

    def distributions(self, folder: Path) -> Iterator[Distribution]:
        """Yield the packages of one of its sites, in the order of their names."""
        names = sorted(
            (each.name for each in folder.iterdir()),
            key=lambda name: (EGG_INFO in name, name),
        )
        found = set()
        for name in names:
            one = read_distribution(folder, name, self.dpkg)
            # Debian keeps both forms of some; the first is the newer one.
            if one is not None and one.name not in found:
                found.add(one.name)
                yield one


def read_distribution(
    folder: Path, info: str, dpkg: Path = debian.DPKG
) -> Distribution | None:
    """Return the package with this metadata; None if it is none.

    Args:
        folder: Where the metadata is.
        info: Name of the folder or file with it.
        dpkg: The folder of the database of Debian's packages.
    """
    if info.endswith(DIST_INFO) and not info.startswith("~"):
        name, _, version = info[: -len(DIST_INFO)].rpartition("-")
    elif info.endswith(EGG_INFO):
        path = folder / info
        name, version = _read_header(path / "PKG-INFO" if path.is_dir() else path)
    else:
        return None
    if not name:
        return None
    return Distribution(normalize(name), version, folder, info, dpkg)


def normalize(name: str) -> str:
    """Return the one form of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_record(path: Path) -> list[str]:
    """Return the paths in a RECORD, as they are written there."""
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as lines:
        return [row[0] for row in csv.reader(lines) if row]


def in_prefix(folder: str, files: Iterable[str]) -> Iterator[str]:
    """Yield files of a package relative to the prefix, without those outside."""
    for file in files:
        path = posixpath.normpath(posixpath.join(folder, file))
        if not path.startswith(("../", "/")):
            yield path


def _read_header(path: Path) -> tuple[str, str]:
    found = {"Name": "", "Version": ""}
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, colon, value = line.partition(":")
                if not colon:
                    break
                if key in found:
                    found[key] = value.strip()
    except OSError:
        pass
    return found["Name"], found["Version"]
