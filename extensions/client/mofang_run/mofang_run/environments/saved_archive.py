"""One package as an archive that holds no path of where it was installed, and back.

The same files make the same archive, whoever packs them and when: times, owners and the
paths in programs are replaced, and byte code follows its source's new time.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import subprocess
import tarfile
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

MODIFIED = 1_577_836_800
"""Time of all files in archives: 2020-01-01, which zip files and byte code can say."""

PREFIX_MARK = b"/mofang-saved-environment"
"""Stands in programs for the directory that they are installed in."""

_PROGRAMS = "bin/"
_CHUNK = 1 << 20
_PYC_HEAD = struct.Struct("<4sII")
_UNPACK = ("tar", "--extract", "--no-same-owner", "--no-same-permissions", "--file=-")


class ArchiveError(Exception):
    """An archive is damaged, or cannot be unpacked; a sentence says why."""


class Packed(NamedTuple):
    """An archive that was written."""

    digest: str
    bytes: int


class _HashedFile:
    """A file that is written once, and whose digest is made meanwhile."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, content: bytes) -> int:
        self._digest.update(content)
        self.bytes += len(content)
        return self._file.write(content)

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()


def pack(root: Path, files: Iterable[str], target: Path) -> Packed:
    """Write an archive of files.

    Args:
        root: The directory they are installed in.
        files: Paths relative to it.
        target: The archive; must not be there.

    Raises:
        OSError: A file cannot be read, or there is no room.
    """
    with target.open("xb") as file:
        hashed = _HashedFile(file)
        with tarfile.open(  # type: ignore[call-overload] # of a file it writes alone
            fileobj=hashed,
            mode="w|",
            format=tarfile.GNU_FORMAT,
            bufsize=_CHUNK,
        ) as archive:
            for path in sorted(files):
                _add(archive, root, path)
    return Packed(hashed.digest, hashed.bytes)


def _add(archive: tarfile.TarFile, root: Path, path: str) -> None:
    entry = tarfile.TarInfo(path)
    entry.mtime = MODIFIED
    with (root / path).open("rb") as file:
        status = os.fstat(file.fileno())
        entry.mode = 0o755 if status.st_mode & 0o100 else 0o644
        entry.size = status.st_size
        if path.startswith(_PROGRAMS):
            content = _moved(file.read(), os.fsencode(root), PREFIX_MARK)
        elif path.endswith(".pyc"):
            content = _redated(file.read())
        else:
            archive.addfile(entry, file)
            return
    entry.size = len(content)
    archive.addfile(entry, BytesIO(content))


def _moved(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return a program with another Python in its first lines; others as they are."""
    if not content.startswith(b"#!"):
        return content
    pattern = re.compile(rb"(?<![\w/.])%s(?=/bin/python)" % re.escape(old))
    return pattern.sub(lambda _: new, content, count=1)


def _redated(content: bytes) -> bytes:
    """Return byte code that is valid for a source of the time that archives have."""
    if len(content) < _PYC_HEAD.size:
        return content
    magic, flags, _ = _PYC_HEAD.unpack_from(content)
    if flags:
        return content  # By the source's hash, not by its time.
    return _PYC_HEAD.pack(magic, flags, MODIFIED) + content[_PYC_HEAD.size :]


def unpack(archive: Path, digest: str, root: Path) -> None:
    """Unpack an archive below a directory, and check it in the same pass.

    Args:
        archive: The file.
        digest: What its SHA-256 must be.
        root: Must not be used before this has returned.

    Raises:
        ArchiveError: It is another file, or cannot be unpacked.
        OSError: It cannot be read.
    """
    found = hashlib.sha256()
    # GNU tar is several times faster than Python's, and refuses to leave the folder.
    with archive.open("rb") as file:
        program = subprocess.Popen(  # noqa: S603 - no text of anybody's
            [*_UNPACK, f"--directory={root}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        with program:
            assert program.stdin is not None  # noqa: S101 - asked for above
            assert program.stderr is not None  # noqa: S101 - likewise
            try:
                for chunk in iter(lambda: file.read(_CHUNK), b""):
                    found.update(chunk)
                    program.stdin.write(chunk)
                program.stdin.close()
            except BrokenPipeError:
                pass  # Its own sentence, below, says why.
            said = program.stderr.read().decode(errors="replace").strip()
    if program.returncode:
        raise ArchiveError(_first_line(said) or "tar failed.")
    if found.hexdigest() != digest:
        raise ArchiveError("It is damaged: its digest is another.")


def install_programs(root: Path, names: Sequence[str], prefix: Path) -> None:
    """Let unpacked programs run by the Python of the place that they will have.

    Args:
        root: Where they are now.
        names: In ``bin``.
        prefix: Where they will be.
    """
    for name in names:
        path = root / "bin" / name
        content = path.read_bytes()
        moved = _moved(content, PREFIX_MARK, os.fsencode(prefix))
        if moved != content:
            path.write_bytes(moved)


def _first_line(text: str) -> str:
    return text.splitlines()[0] if text else ""
