"""Make one tree of files like another by rsync, and prove that it is.

Interrupted at any moment, even by a loss of power, the same call goes on from there:
files that are the same are not copied again, and what a killed rsync left half-written
is removed.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from mofang_local.errors import LauncherError, last_lines

PACKAGES = {"rsync": "rsync"}
"""Program → the Debian package that brings it."""

OPTIONS = (
    "--archive",
    "--hard-links",
    "--xattrs",
    # Others are the file systems' own, such as ceph.quota.max_bytes.
    "--filter=-x! user.*",
    "--numeric-ids",
    # Times are compared to the nanosecond.
    "--modify-window=-1",
    "--sparse",
    "--one-file-system",
    "--delete",
)
"""All that is in the source, as it is: links are not followed. And nothing besides."""

_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")
_ROUNDS = 3
_SHOWN = 10
_PERCENT = re.compile(r"(\d+)%")


class CopyError(LauncherError):
    """A tree could not be copied, or its copy is not like it."""


def copy_tree(source: Path, target: Path, note: Callable[[str], None]) -> None:
    """Make what is in a directory, and its own owner and mode, the same as in another.

    What only the target has is removed. Nothing in the source is changed, and nothing
    may change it meanwhile.

    Args:
        source: An existing directory.
        target: An existing directory.
        note: Gets how far it is.

    Raises:
        CopyError: Something could not be copied, or differs although it was copied.
    """
    _run(source, target, (), lambda percent: note(f"copying, {percent} %"))
    for _ in range(_ROUNDS):
        differing = compare_trees(source, target, note)
        if not differing:
            _write_through(target)
            return
        # A file of the same size and time: its copy was cut short by a loss of power.
        _run(source, target, ("--checksum",), lambda _: note("copying again"))
    shown = "\n".join(f"    {each}" for each in differing[:_SHOWN])
    raise CopyError(
        f"{len(differing)} entries of {target} are not like those of {source}, though "
        f"they were copied. Does something write there?\n{shown}"
    )


def compare_trees(source: Path, target: Path, note: Callable[[str], None]) -> list[str]:
    """Read both trees; return the paths of what differs in anything that is copied.

    Args:
        source: A directory.
        target: A directory.
        note: Gets what is done.

    Raises:
        CopyError: One of them could not be read.
    """
    note("comparing all files by their content")
    options = ("--checksum", "--dry-run", "--out-format=%i %n%L")
    return _run(source, target, options, None).splitlines()


def size_of(tree: Path) -> int:
    """Return the bytes that a tree takes, of a file with several names once.

    Raises:
        CopyError: It could not be read.
    """
    command = ["du", "--summarize", "--block-size=1", "--one-file-system", str(tree)]
    done = subprocess.run(  # noqa: S603 - the command is ours
        command, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CopyError(f"{tree} cannot be read:\n{last_lines(done.stderr)}")
    return int(done.stdout.split()[0])


def _run(
    source: Path,
    target: Path,
    options: tuple[str, ...],
    progress: Callable[[str], None] | None,
) -> str:
    """Run rsync; return what it printed, unless its progress is followed."""
    command = [*_DIES_WITH_US, "rsync", *OPTIONS, *options]
    if progress:
        command += ["--info=progress2", "--no-inc-recursive", "--outbuf=N"]
    # Not a pipe, which a million complaints would fill while nobody reads it.
    with (
        tempfile.TemporaryFile("w+", errors="backslashreplace") as complaints,
        subprocess.Popen(  # noqa: S603 - the command is ours
            [*command, f"{source}/", f"{target}/"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            errors="backslashreplace",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        ) as process,
    ):
        lines = process.stdout or ()
        if progress:
            _follow(lines, progress)
        printed = "".join(lines)
        if process.wait():
            complaints.seek(0)
            raise CopyError(
                f"Not all of {source} could be copied to {target}. The same command "
                f"goes on from here:\n{last_lines(complaints.read())}"
            )
    return printed


def _follow(lines: Iterable[str], progress: Callable[[str], None]) -> None:
    """Tell each percentage, once."""
    last = ""
    for line in lines:
        for percent in _PERCENT.findall(line):
            if percent != last:
                progress(percent)
            last = percent


def _write_through(target: Path) -> None:
    """Let what was copied survive a loss of power."""
    done = subprocess.run(  # noqa: S603 - the command is ours
        ["sync", "--file-system", str(target)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CopyError(f"{target} could not be written:\n{last_lines(done.stderr)}")
