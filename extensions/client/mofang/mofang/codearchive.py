"""Write a directory of code into an archive that depends on its content alone.

The same code is the same archive, byte for byte, whoever writes it and when: entries
come in order, belong to user 0, and date from 1970.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from typing_extensions import Buffer, override

from mofang.codetree import ChangedError, Entry, EntryKind


def write_archive(file: BinaryIO, root: Path, entries: Sequence[Entry]) -> str:
    """Write an uncompressed archive and return its SHA-256.

    Args:
        file: Open for writing; stays open.
        root: Directory that the archive's names are relative to.
        entries: Files, links and directories, in the order to write them.

    Raises:
        ChangedError: A file is not what it was when it was listed, or changed while
            it was read.
    """
    written = _HashingFile(file)
    with tarfile.open(
        fileobj=written,
        mode="w|",
        format=tarfile.GNU_FORMAT,
        encoding="utf-8",
        # Names that are not UTF-8 keep their bytes.
        errors="surrogateescape",
    ) as archive:
        for entry in entries:
            _add(archive, root, entry)
    return written.digest.hexdigest()


class _HashingFile(io.BufferedIOBase):
    """A file that knows the hash of what was written to it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    @override
    def write(self, content: Buffer, /) -> int:
        self.digest.update(content)
        return self._file.write(content)


def _add(archive: tarfile.TarFile, root: Path, entry: Entry) -> None:
    member = tarfile.TarInfo(entry.name)
    match entry.kind:
        case EntryKind.DIRECTORY:
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        case EntryKind.LINK:
            member.type, member.mode = tarfile.SYMTYPE, 0o777
            member.linkname = entry.target
            archive.addfile(member)
        case EntryKind.FILE:
            _add_file(archive, root, entry, member)


def _add_file(
    archive: tarfile.TarFile, root: Path, entry: Entry, member: tarfile.TarInfo
) -> None:
    try:
        # Not followed, should it have become a link; not waited for, if a pipe.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(root / entry.name, flags)
    except OSError as error:
        raise ChangedError(entry.name) from error
    with os.fdopen(fd, "rb") as content:
        before = os.fstat(fd)
        if before.st_size != entry.size:
            raise ChangedError(entry.name)
        member.size = before.st_size
        member.mode = 0o755 if before.st_mode & 0o100 else 0o644
        try:
            archive.addfile(member, content)
        finally:
            if _stamp(os.fstat(fd)) != _stamp(before):
                raise ChangedError(entry.name)


def _stamp(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
