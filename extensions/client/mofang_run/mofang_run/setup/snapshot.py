"""Unpack the code as it was when the job was submitted.

The archive lies in the owner's home under its own SHA-256. What is in it is not
trusted: it goes nowhere but into its own directory of the scratch disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mofang_run.job.replica import ReplicaContext
from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError
from mofang_run.process.signals import SignalPipe
from mofang_run.process.waiting import pause

MAX_BYTES = 5 * 1024**3
MAX_FILES = 1000
MAX_DEPTH = 32

CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Relocation:
    """Which directory of the notebook is elsewhere in this container."""

    source: str = ""
    target: str = ""
    """Empty if nothing moved."""

    def moved(self, path: str) -> str:
        """Return where a path of the source is here; others are as they were."""
        if not self.target or not path.startswith("/"):
            return path
        try:
            inside = PurePosixPath(os.path.normpath(path)).relative_to(self.source)
        except ValueError:
            return path
        return str(PurePosixPath(self.target) / inside)


class _HostileError(Exception):
    """The archive holds what no snapshot of ours does."""


def unpack_snapshot(replica: ReplicaContext) -> Relocation:
    """Unpack the job's code, unless a container before us in this pod did.

    Raises:
        RefusalError: The archive is missing, is not what it was, or is hostile.
        StoppedError: A signal came meanwhile.
    """
    settings = replica.settings
    if settings.snapshot is None:
        return Relocation()
    target = Path(settings.cache, "code", settings.snapshot)
    if not target.is_dir():
        archive = Path(settings.home, ".mofang", "code", f"{settings.snapshot}.tar")
        _unpack(archive, target, settings.snapshot, replica.signals)
        replica.output.say(f"Unpacked the code of the job to {target}.")
    source = settings.code_directory
    return Relocation(os.path.normpath(source) if source else str(target), str(target))


def _unpack(archive: Path, target: Path, expected: str, signals: SignalPipe) -> None:
    try:
        with archive.open("rb") as file:
            _verify(file, archive, expected, signals)
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = tempfile.mkdtemp(prefix=".draft-", dir=str(target.parent))
            try:
                _extract(file, Path(draft), signals)
                # Only a whole directory ever gets the name that is looked for.
                os.chmod(draft, 0o755)  # noqa: PTH101, S103 - as code in place is
                os.rename(draft, str(target))  # noqa: PTH104
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    except FileNotFoundError as error:
        raise RefusalError(
            f"The code of this job, {archive}, is no longer there. Submit the job "
            "again.",
            NOT_FOUND,
        ) from error
    except (OSError, tarfile.TarError, EOFError, _HostileError) as error:
        raise RefusalError(
            f"The code of this job, {archive}, cannot be unpacked: {error}. Submit the "
            "job again.",
            CANNOT_EXECUTE,
        ) from error


def _verify(file: BinaryIO, archive: Path, expected: str, signals: SignalPipe) -> None:
    digest = hashlib.sha256()
    for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
        digest.update(chunk)
        pause(0, signals)
    if digest.hexdigest() != expected:
        raise RefusalError(
            f"The code of this job, {archive}, has changed since the job was "
            "submitted. Submit the job again.",
            CANNOT_EXECUTE,
        )
    file.seek(0)


def _extract(file: BinaryIO, root: Path, signals: SignalPipe) -> None:
    links: dict[Path, str] = {}
    names: set[str] = set()
    size = 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            pause(0, signals)
            path = root / _checked(member)
            if path == root:
                continue
            size += member.size
            if not member.isdir():
                names.add(member.name)
            if size > MAX_BYTES or len(names) > MAX_FILES:
                raise _HostileError(
                    f"it holds more than {MAX_FILES} files or 5 GiB of them"
                )
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                links[path] = member.linkname
            elif member.islnk():
                _add_name(root, member, path)
            else:
                _extract_file(archive, member, path)
    _make_links(root, links)


def _checked(member: tarfile.TarInfo) -> PurePosixPath:
    name = _inside(member.name)
    if len(name.parts) > MAX_DEPTH:
        raise _HostileError(f"it nests directories deeper than {MAX_DEPTH}")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise _HostileError(f"{member.name[:200]!r} is a device or a pipe")
    return name


def _inside(text: str) -> PurePosixPath:
    name = PurePosixPath(text)
    if name.is_absolute() or ".." in name.parts or "\0" in text:
        raise _HostileError(f"it names {text[:200]!r}, which lies outside of it")
    return name


def _extract_file(
    archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path
) -> None:
    content = archive.extractfile(member)
    if content is None:
        raise _HostileError(f"{member.name[:200]!r} has no content")
    path.parent.mkdir(parents=True, exist_ok=True)
    # No link exists yet and no file is written twice, so nothing leads elsewhere.
    with content, path.open("xb") as file:
        shutil.copyfileobj(content, file, CHUNK_BYTES)
        os.fchmod(file.fileno(), 0o755 if member.mode & 0o100 else 0o644)


def _add_name(root: Path, member: tarfile.TarInfo, path: Path) -> None:
    # A second name of a file that came before it.
    first = root / _inside(member.linkname)
    if not first.is_file():
        raise _HostileError(f"{member.name[:200]!r} links to nothing")
    path.parent.mkdir(parents=True, exist_ok=True)
    os.link(str(first), str(path))


def _make_links(root: Path, links: dict[Path, str]) -> None:
    for path, target in links.items():
        if PurePosixPath(target).is_absolute() or any(p in links for p in path.parents):
            raise _HostileError(f"{path.name[:200]!r} is a link that leaves it")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    home = os.path.realpath(str(root))
    for path in links:
        # Judged as the system resolves them, once all of them are there.
        if os.path.commonpath([os.path.realpath(str(path)), home]) != home:
            raise _HostileError(f"{path.name[:200]!r} is a link that leaves it")
