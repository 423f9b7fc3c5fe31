"""Files that are written and read all the time by two mounts while something fails."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from support.eventually import eventually

_LINE = 16
_UNWRITTEN = bytes(_LINE)
_PAUSE_SECONDS = 0.02


class SteadyFile:
    """One open file: lines are added by one mount and read by another.

    Args:
        written: The file, where it is written.
        read: The same one by another mount, which opens it once as well.
    """

    def __init__(self, written: Path, read: Path) -> None:
        self._written, self._read = written, read
        self._is_over = threading.Event()
        self.acknowledged = 0
        """Lines whose ``fsync`` has returned."""
        self.observed = 0
        """Lines that the other mount has read."""
        self.unwritten = 0
        """How often the other mount saw zeros where a line was just being written."""
        self.failures: list[Exception] = []
        """Whatever ended one of the two threads."""
        self._threads = [
            threading.Thread(target=each, daemon=True)
            for each in (self._write, self._follow)
        ]

    def __enter__(self) -> Self:
        self._written.touch()
        for thread in self._threads:
            thread.start()
        try:
            self.wait_for(1, within=30)
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join(60)

    def wait_for(self, more: int, *, within: float) -> float:
        """Wait until so many more lines were written and read; return the seconds.

        Raises:
            AssertionError: Not in time, or an operation failed.
        """
        began = time.monotonic()
        goal = self.acknowledged + more
        eventually(
            lambda: self.failures or min(self.acknowledged, self.observed) >= goal,
            within=within,
            what=f"{self._written} is written and read",
            every=0.05,
        )
        assert not self.failures, self.failures
        return time.monotonic() - began

    def check(self) -> None:
        """Compare what is there with what was acknowledged.

        Raises:
            AssertionError: Something was lost, or an operation failed.
        """
        assert not self.failures, self.failures
        for path in (self._written, self._read):
            lines = path.read_text().splitlines()
            assert lines == [f"{n:015}" for n in range(len(lines))], path
            assert len(lines) >= self.acknowledged, path

    def _write(self) -> None:
        number = 0
        file = os.open(self._written, os.O_WRONLY | os.O_APPEND)
        try:
            while not self._is_over.is_set():
                os.write(file, f"{number:015}\n".encode())
                os.fsync(file)
                number += 1
                self.acknowledged = number
                time.sleep(_PAUSE_SECONDS)
        except OSError as err:
            self.failures.append(err)
        finally:
            os.close(file)

    def _follow(self) -> None:
        file = os.open(self._read, os.O_RDONLY)
        try:
            while not self._is_over.is_set():
                acknowledged = self.acknowledged
                found = os.pread(file, _LINE, self.observed * _LINE)
                if found == _UNWRITTEN and self.observed >= acknowledged:
                    # A client of Ceph that is told of a new size while it reads gives
                    # zeros up to it. The next time it gives what was written.
                    self.unwritten += 1
                elif len(found) == _LINE:
                    self._compare(found)
                    self.observed += 1
                else:
                    time.sleep(_PAUSE_SECONDS)
        except (OSError, ValueError) as err:
            self.failures.append(err)
        finally:
            os.close(file)

    def _compare(self, found: bytes) -> None:
        if found != b"%015d\n" % self.observed:
            raise ValueError(
                f"{self._read}: line {self.observed} was read as {found!r}"
            )


@contextmanager
def steady_files(one: Path, other: Path) -> Iterator[tuple[SteadyFile, SteadyFile]]:
    """Write a file by each of two mounts and read it by the other.

    Args:
        one: A directory, by one mount.
        other: The same directory by another.
    """
    with (
        SteadyFile(one / "from-one", other / "from-one") as first,
        SteadyFile(other / "from-other", one / "from-other") as second,
    ):
        yield first, second
    first.check()
    second.check()
