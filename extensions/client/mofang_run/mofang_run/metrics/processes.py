"""What the command's processes did so far, from ``/proc``.

The command's processes are all that descend from the wrapper: everything in the
container but the wrapper itself and the shells that people open in it. Who once was
one of them stays one, even if its parent ends and another adopts it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROC = Path("/proc")

IO_FIELDS = ("rchar", "wchar", "syscr", "syscw", "read_bytes", "write_bytes")

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

# Of what follows the name in /proc/<pid>/stat.
_PARENT, _USER, _SYSTEM, _CHILD_USER, _CHILD_SYSTEM = 1, 11, 12, 13, 14
_START, _RESIDENT = 19, 21

_SWITCHES = (b"voluntary_ctxt_switches", b"nonvoluntary_ctxt_switches")


class _Stat(NamedTuple):
    """One process, as its line says."""

    parent: int
    start: int
    cpu_ticks: int
    """Its own and that of children it has collected."""

    resident_pages: int


@dataclass(frozen=True)
class TreeState:
    """All processes of the command at one moment."""

    count: int
    cpu_seconds: float
    """Of those that live and of those they have collected."""

    resident_bytes: int
    """Memory that processes share is counted for each of them."""

    io: tuple[int, ...]
    """By ``IO_FIELDS``; those that ended are included and it never falls."""

    digest: str
    """The same in two samples if and only if, between them, no process moved a byte,
    none began and none ended."""

    hidden: int
    """Processes whose I/O may not be read; any step they made changes the digest."""


class ProcessTree:
    """Follows the descendants of one process.

    Args:
        root: The wrapper; not one of the command's processes itself.
        proc: Where the kernel shows processes.
    """

    def __init__(self, root: int, proc: Path = PROC) -> None:
        self._root = root
        self._proc = str(proc)
        self._known: set[tuple[int, int]] = set()
        self._ended = [0] * len(IO_FIELDS)
        self._last = [0] * len(IO_FIELDS)

    def refresh(self, passed_over: Collection[int] = ()) -> TreeState:
        """Read the counters of all processes but those passed over.

        Raises:
            OSError: There is no ``/proc``.
        """
        stats = self._stats()
        members = self._members(stats, passed_over)
        live = [0] * len(IO_FIELDS)
        marks, hidden = [], 0
        for pid in members:
            counters = self._io(pid)
            if counters is None:
                hidden += 1
                marks.append((pid, stats[pid].start, self._switches(pid)))
                continue
            live = [total + one for total, one in zip(live, counters)]  # noqa: B905
            # Calls that move nothing are no I/O: whoever waits for a file to grow,
            # or asks a socket in vain, makes them without end.
            moved = (*counters[:2], *counters[4:])
            marks.append((pid, stats[pid].start, moved))
        return TreeState(
            count=len(members),
            cpu_seconds=sum(stats[pid].cpu_ticks for pid in members) / _TICKS,
            resident_bytes=sum(stats[pid].resident_pages for pid in members) * _PAGE,
            io=self._sum(live),
            digest=hashlib.blake2b(repr(marks).encode(), digest_size=8).hexdigest(),
            hidden=hidden,
        )

    def _sum(self, live: list[int]) -> tuple[int, ...]:
        # The kernel adds the counters of a collected child to its parent's. Where the
        # parent is the wrapper, or did not collect, the sum falls: what it had is kept.
        for field, count in enumerate(live):
            total = self._ended[field] + count
            if total < self._last[field]:
                self._ended[field] += self._last[field] - total
            self._last[field] = self._ended[field] + count
        return tuple(self._last)

    def _members(
        self, stats: dict[int, _Stat], passed_over: Collection[int]
    ) -> list[int]:
        belongs = {self._root: True, **dict.fromkeys(passed_over, False)}
        for pid, stat in stats.items():
            if (pid, stat.start) in self._known:
                belongs.setdefault(pid, True)
        for each in list(stats):
            pid, line = each, []
            while pid in stats and pid not in belongs:
                # Until it is settled; a loop cannot be, and ends the walk.
                belongs[pid] = False
                line.append(pid)
                pid = stats[pid].parent
            answer = belongs.get(pid, False)
            belongs.update(dict.fromkeys(line, answer))
        members = sorted(pid for pid in stats if belongs.get(pid) and pid != self._root)
        self._known = {(pid, stats[pid].start) for pid in members}
        return members

    def _stats(self) -> dict[int, _Stat]:
        found = {}
        for name in os.listdir(self._proc):  # noqa: PTH208 - many, each period
            if not name.isdigit():
                continue
            content = self._read(int(name), "stat")
            # A name may hold spaces and brackets; the last bracket ends it.
            words = content[content.rfind(b")") + 1 :].split()
            if len(words) > _RESIDENT:
                found[int(name)] = _Stat(
                    parent=int(words[_PARENT]),
                    start=int(words[_START]),
                    cpu_ticks=sum(map(int, words[_USER : _CHILD_SYSTEM + 1])),
                    resident_pages=max(int(words[_RESIDENT]), 0),
                )
        return found

    def _io(self, pid: int) -> tuple[int, ...] | None:
        content = self._read(pid, "io")
        found = dict(
            line.split(b": ", 1) for line in content.splitlines() if b": " in line
        )
        try:
            return tuple(int(found[name.encode()]) for name in IO_FIELDS)
        except (KeyError, ValueError):
            return None

    def _switches(self, pid: int) -> tuple[int, ...]:
        """Return how often it was run, which anybody may read."""
        lines = (line.split(b":") for line in self._read(pid, "status").splitlines())
        return tuple(int(line[1]) for line in lines if line[0] in _SWITCHES)

    def _read(self, pid: int, file: str) -> bytes:
        try:
            fd = os.open(f"{self._proc}/{pid}/{file}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            # It ended meanwhile, or belongs to another user.
            return b""
        try:
            return os.read(fd, 8192)
        except OSError:
            return b""
        finally:
            os.close(fd)
