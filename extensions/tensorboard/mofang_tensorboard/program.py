"""One TensorBoard: its process, its folder, its last words.

Knows nothing of requests and of other TensorBoards.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mofang_tensorboard.errors import StartError
from mofang_tensorboard.selection import Selection

LOG_CHARACTERS = 8000
"""How much of its own log is kept."""

MAX_OUTPUT_LENGTH = 600
"""How much of it a sentence quotes."""

END_SECONDS = 5.0
"""How long it may take to end by itself."""

_SERVING = re.compile(r" at http://127\.0\.0\.1:(\d+)/")

# A curve of so many points looks like its run, and each run's memory is bounded.
SAMPLES = "scalars=2000,images=20,audio=10,histograms=200,tensors=50,pr_curves=50"


@dataclass(frozen=True, kw_only=True)
class ProgramSettings:
    """How TensorBoards are started."""

    command: tuple[str, ...] = (sys.executable, "-I", "-m", "mofang_tensorboard.light")
    start_seconds: float = 60.0

    reload_seconds: int = 15
    """How often it looks for new data."""


class TensorBoardProgram:
    """A TensorBoard that serves on a loopback port, until it is ended."""

    def __init__(
        self, process: Process, folder: tempfile.TemporaryDirectory[str]
    ) -> None:
        self.port = 0
        self._process = process
        self._folder = folder
        self._log = ""
        self._is_serving = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(
        cls, selection: Selection, prefix: str, settings: ProgramSettings
    ) -> TensorBoardProgram:
        """Start one and wait until it serves.

        Args:
            selection: What it shows.
            prefix: Path below which it serves, with a slash first and none last.
            settings: How.

        Raises:
            StartError: It did not; the text ends with what it said.
        """
        # Its working directory is on Python's path, so it must be nobody's project.
        folder = tempfile.TemporaryDirectory(prefix="mofang-tensorboard-")
        try:
            process = await asyncio.create_subprocess_exec(
                *settings.command,
                *_flags(selection, Path(folder.name), prefix, settings),
                cwd=folder.name,
                env={**os.environ, "TMPDIR": folder.name},
                # Never written to: its end tells that this server has gone.
                stdin=PIPE,
                stdout=PIPE,
                stderr=STDOUT,
                start_new_session=True,
            )
        except OSError as err:
            folder.cleanup()
            raise StartError(
                f"TensorBoard cannot be run here: {err.strerror}. "
                "Choose an environment that has it."
            ) from err
        program = cls(process, folder)
        _offer_first(process.pid)
        try:
            await program._wait_for_serving(settings.start_seconds)
        except BaseException:
            await program.end()
            raise
        return program

    @property
    def is_running(self) -> bool:
        return not self._reading.done()

    async def wait(self) -> None:
        """Return when it has ended, of itself or not."""
        await asyncio.shield(self._reading)

    async def end(self) -> None:
        """End it with what it has started, and remove its folder; idempotent."""
        if not self.is_running:
            return
        self._signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(asyncio.shield(self._reading), END_SECONDS)
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._reading

    def _signal(self, number: signal.Signals) -> None:
        # The group is its own, and has its data server, too.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _wait_for_serving(self, seconds: float) -> None:
        serving = asyncio.create_task(self._is_serving.wait())
        try:
            await asyncio.wait(
                {serving, self._reading},
                timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            serving.cancel()
        if self._is_serving.is_set():
            return
        what = (
            f"TensorBoard did not start within {seconds:g} s. Try again"
            if self.is_running
            else "TensorBoard ended at once. Mend what it says and try again"
        )
        words = self._log.strip()[-MAX_OUTPUT_LENGTH:]
        raise StartError(f"{what}. It said: {words}" if words else f"{what}.")

    async def _read(self) -> None:
        """Keep the end of its log, until it ends."""
        output = self._process.stdout
        assert output is not None  # noqa: S101 - it was asked for
        while chunk := await output.read(4096):
            text = chunk.decode("utf-8", "replace")
            self._log = (self._log + text)[-LOG_CHARACTERS:]
            if not self.port and (found := _SERVING.search(self._log)):
                self.port = int(found[1])
                self._is_serving.set()
        await self._process.wait()
        await asyncio.to_thread(self._folder.cleanup)


def _offer_first(pid: int) -> None:
    """Let it be what ends where memory runs out, not a kernel with somebody's work."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("500", encoding="ascii")


def _flags(
    selection: Selection, folder: Path, prefix: str, settings: ProgramSettings
) -> Sequence[str]:
    return (
        f"--logdir={_log_directory(selection, folder)}",
        "--host=127.0.0.1",
        "--port=0",
        f"--path_prefix={prefix}",
        f"--reload_interval={settings.reload_seconds}",
        f"--samples_per_plugin={SAMPLES}",
        "--max_reload_threads=1",
    )


def _log_directory(selection: Selection, folder: Path) -> Path:
    """Return the directory to show: the one asked for, or one of links to several."""
    if not selection.is_comparison:
        return selection.runs[0][1]
    # Names become names of runs; --logdir_spec would stumble over commas and colons.
    links = folder / "runs"
    links.mkdir()
    for name, path in selection.runs:
        (links / name).symlink_to(path, target_is_directory=True)
    return links
