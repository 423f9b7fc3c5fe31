"""A program that runs beside the command, such as the services of Spark or Ray."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

from mofang_run.process.exit_codes import CANNOT_EXECUTE, NOT_FOUND, RefusalError
from mofang_run.process.output import MarkedOutput, ReplicaOutput

END_SECONDS = 5.0
HEARD_BYTES = 64 * 1024


class Sidecar:
    """A running program; leaving the context terminates its process group.

    Lines of its output are prefixed with its name.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: ReplicaOutput,
    ) -> None:
        """Start it.

        Raises:
            RefusalError: It cannot be started.
        """
        self._output = MarkedOutput(output, name)
        self._said = b""
        try:
            # What the frameworks of ours ask for, never a word of the user's.
            self._process = subprocess.Popen(  # noqa: S603
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError)
            raise RefusalError(
                f"{command[0]} cannot be started: {error}.",
                NOT_FOUND if is_missing else CANNOT_EXECUTE,
            ) from error
        self._copying = threading.Thread(
            target=self._copy, args=(self._process.stdout,), daemon=True
        )
        self._copying.start()

    @property
    def has_ended(self) -> bool:
        """Whether it closed its output, as it does only by ending."""
        return not self._copying.is_alive()

    def has_said(self, content: bytes) -> bool:
        """Tell whether the words were among the first it said."""
        return content in self._said

    def __enter__(self) -> Sidecar:  # noqa: PYI034 - there is one kind
        return self

    def __exit__(self, *failure: object) -> None:
        self._send(signal.SIGTERM)
        self._copying.join(END_SECONDS)
        if self._copying.is_alive():
            self._send(signal.SIGKILL)
            self._copying.join(END_SECONDS)
        # Reaped here, or by the command's own watch.
        self._process.wait()

    def _send(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _copy(self, pipe: IO[bytes]) -> None:
        with pipe:
            for line in iter(pipe.readline, b""):
                self._output.write(line)
                if len(self._said) < HEARD_BYTES:
                    self._said += line
        self._output.flush()
