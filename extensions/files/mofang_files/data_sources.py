"""The data sources that this server has: what is mounted, and buckets by profiles.

Nothing here asks a mount or a store, so neither keeps anybody waiting.
"""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mofang_files.errors import AbsentError

ROOT = PurePosixPath("/data")
"""Where a server has those that are directories."""

_URL = "mofang_url"
_PROFILE = "profile "
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySource:
    """A directory that is mounted."""

    name: str
    location: str
    """Its path."""

    read_only: bool
    kind: str = "directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketSource:
    """Objects of one bucket, read by the profile of the source's name."""

    name: str
    bucket: str
    prefix: str
    """Of the objects' keys, without slashes around it; empty for all."""

    kind: str = "bucket"

    @property
    def location(self) -> str:
        """As programs name what it holds."""
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix) if part)

    def key(self, path: str) -> str:
        """Return the key of what has a path in the source.

        A path is what of a key follows the prefix and its slash, to the letter: no
        part of it has a meaning of its own.
        """
        return f"{self.prefix}/{path}" if self.prefix else path


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSources:
    """Finds the sources of this server."""

    config: Path | None
    """The configuration of AWS' tools; None where there is none."""

    mounts: Path = Path("/proc/self/mountinfo")

    def directories(self) -> list[DirectorySource]:
        """Return what is mounted directly below ``/data``, by name."""
        found = parse_mounts(self.mounts.read_text(errors="surrogateescape"))
        return sorted(found, key=lambda each: each.name)

    def buckets(self) -> list[BucketSource]:
        """Return those of S3, in the order of the configuration."""
        if self.config is None:
            return []
        try:
            return parse_config(self.config.read_text())
        except FileNotFoundError:
            return []

    def bucket(self, name: str) -> BucketSource:
        """Return the one of a name.

        Raises:
            AbsentError: There is none.
        """
        for each in self.buckets():
            if each.name == name:
                return each
        raise AbsentError(f"This server has no bucket {name}. Start it again.")


def parse_mounts(text: str) -> list[DirectorySource]:
    """Return the sources among the mounts of a process; see proc(5)."""
    found: dict[str, DirectorySource] = {}
    for line in text.splitlines():
        fields = line.split(" ")
        path = PurePosixPath(_ESCAPED.sub(lambda m: chr(int(m[1], 8)), fields[4]))
        if path.parent == ROOT:
            # The last one that was mounted there is the one that is seen.
            found[path.name] = DirectorySource(
                name=path.name,
                location=str(path),
                read_only="ro" in fields[5].split(","),
            )
    return list(found.values())


def parse_config(text: str) -> list[BucketSource]:
    """Return the sources of a configuration that the spawner made."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    found = []
    for section in parser.sections():
        url = parser[section].get(_URL, "")
        if section.startswith(_PROFILE) and url.startswith("s3://"):
            bucket, _, prefix = url.removeprefix("s3://").partition("/")
            name = section.removeprefix(_PROFILE)
            found.append(BucketSource(name=name, bucket=bucket, prefix=prefix))
    return found
