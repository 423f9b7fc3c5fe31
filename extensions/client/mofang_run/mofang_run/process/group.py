"""A command and all that it starts: processes of one group, with one output."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")

_ENDED = (b"Z", b"X")


class Child:
    """A process in a group of its own, whose output comes through one pipe."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the command.

        Raises:
            OSError: It cannot be started.
        """
        self.status: int | None = None
        """As ``waitpid`` tells it; None while the process lives."""

        self.pipe, theirs = os.pipe()
        try:
            self.pid = os.posix_spawnp(
                _find(command[0], environment),
                list(command),
                dict(environment),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, theirs, 1),
                    (os.POSIX_SPAWN_DUP2, theirs, 2),
                ],
                setpgroup=0,
                # Python ignores these two, and ignoring is inherited.
                setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
            )
        except OSError:
            os.close(self.pipe)
            raise
        finally:
            os.close(theirs)

    def send(self, number: int) -> None:
        """Send a signal to the command and all that it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def own_groups(self, proc: Path = PROC) -> frozenset[int]:
        """Return the groups of the command and of what it started itself."""
        started = (one.group for one in _living(proc) if one.parent == self.pid)
        return frozenset((self.pid, *started))

    def has_children(self, proc: Path = PROC) -> bool:
        """Tell whether one that the command itself started lives."""
        return any(one.parent == self.pid for one in _living(proc))

    def reap(self) -> None:
        """Collect ended processes, those of others that fell to us included."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                if pid == self.pid:
                    self.status = status


def _find(program: str, environment: Mapping[str, str]) -> str:
    """Return the program that the child's own PATH leads to, not ours."""
    if "/" in program:
        return program
    return shutil.which(program, path=environment.get("PATH")) or program


def have_members(groups: Collection[int], proc: Path = PROC) -> bool:
    """Tell whether a process of the groups lives; what nobody has collected does not.

    Most often there is none left, which is told at once.
    """
    return any(map(_is_known, groups)) and any(
        one.group in groups for one in _living(proc)
    )


def _is_known(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class _Process(NamedTuple):
    parent: int
    group: int


def _living(proc: Path) -> Iterator[_Process]:
    for name in os.listdir(str(proc)):  # noqa: PTH208 - many, several times a second
        if not name.isdigit():
            continue
        try:
            content = (proc / name / "stat").read_bytes()
        except OSError:
            # It ended meanwhile.
            continue
        # A name may hold spaces and brackets; the last bracket ends it.
        state, parent, group = content[content.rfind(b")") + 1 :].split()[:3]
        if state not in _ENDED:
            yield _Process(int(parent), int(group))
