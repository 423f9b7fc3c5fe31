"""The lock of a saved environment: its packages, as a file with a digest of its own."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

LOCK_FILE = "lock.json"
FORMAT = 1
MOST_DISTRIBUTIONS = 2000

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,126}[a-z0-9])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_PYTHON = re.compile(r"3\.\d{1,3}")


class LockError(Exception):
    """A lock cannot be used; a sentence says why."""


@dataclass(frozen=True)
class LockedDistribution:
    """One package that the image lacks, or has in another form."""

    name: str
    """Normalized."""

    version: str
    source: str
    """``index``, ``local``, or the address that it was installed from."""

    archive: str
    """SHA-256 of its archive."""

    bytes: int
    """Of the archive."""

    files: int

    is_modified: bool = False
    """Whether files of it differ from what was installed."""


@dataclass(frozen=True)
class Lock:
    """All that a saved environment has beyond its image."""

    python: str
    """``3.13``."""

    environment: str
    """Name of the environment whose image it stands on."""

    distributions: tuple[LockedDistribution, ...]
    """In the order of their names."""

    format: int = FORMAT

    def text(self) -> str:
        """Return the file's content, the same for the same packages."""
        return json.dumps(asdict(self), indent=1, sort_keys=True) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the file: the identity of the saved environment."""
        return hashlib.sha256(self.text().encode()).hexdigest()

    @property
    def bytes(self) -> int:
        """Of all archives."""
        return sum(each.bytes for each in self.distributions)

    @property
    def files(self) -> int:
        """In all archives."""
        return sum(each.files for each in self.distributions)


def read_lock(text: bytes, digest: str) -> Lock:
    """Return the lock in a file.

    Args:
        text: Of the file.
        digest: What its SHA-256 must be.

    Raises:
        LockError: It is another file, or none that this release can use.
    """
    if hashlib.sha256(text).hexdigest() != digest:
        raise LockError("The list of its packages is damaged: its digest is another.")
    try:
        lock = _parse(json.loads(text))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise LockError("The list of its packages cannot be read.") from None
    if lock.format != FORMAT:
        raise LockError("It was saved by another release of the platform.")
    return lock


def _parse(content: Mapping[str, Any]) -> Lock:
    found = tuple(LockedDistribution(**each) for each in content["distributions"])
    lock = Lock(**{**content, "distributions": found})
    are_names = all(_NAME.fullmatch(each.name) for each in found)
    are_files = all(
        _DIGEST.fullmatch(each.archive) and each.bytes >= 0 and each.files >= 0
        for each in found
    )
    if not (are_names and are_files and _PYTHON.fullmatch(lock.python)):
        raise ValueError(lock.python)
    if len(found) > MOST_DISTRIBUTIONS:
        raise ValueError(len(found))
    return lock
