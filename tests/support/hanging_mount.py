"""A file system that stops answering when it is told to, as a lost storage does.

It is a real one, of a process (FUSE) that is stopped and goes on: whoever asks it
meanwhile waits in the kernel.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.eventually import eventually


class HangingMount:
    """A mounted directory; what is in it is what is in another one."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self._process = process
        self.path = path

    @contextmanager
    def away(self, *, at_most: float = 120) -> Iterator[None]:
        """Have nothing answer for the time of the block.

        Args:
            at_most: Seconds after which it does all the same, so that a server that
                waits for it in this process fails its test and does not end it.
        """
        ending = threading.Timer(at_most, self.answer)
        os.kill(self._process.pid, signal.SIGSTOP)
        ending.start()
        try:
            yield
        finally:
            ending.cancel()
            ending.join()
            self.answer()

    def answer(self) -> None:
        """Go on with all that was asked."""
        os.kill(self._process.pid, signal.SIGCONT)


@contextmanager
def hanging_mount(source: Path, point: Path) -> Iterator[HangingMount]:
    """Mount a directory in another place.

    Args:
        source: What it has; there already.
        point: Where; it is made.
    """
    point.mkdir()
    process = subprocess.Popen(
        # It does not outlive a killed test run.
        ["setpriv", "--pdeathsig", "KILL", "bindfs", "-f", str(source), str(point)]
    )
    try:
        eventually(point.is_mount, within=60, what="the mount")
        yield HangingMount(process, point)
    finally:
        process.kill()
        process.wait()
        subprocess.run(["umount", "--lazy", point], check=True)
