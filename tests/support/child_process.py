"""A module of the tests as a child process, killed at will."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from support.platform import REPOSITORY


class ChildProcess:
    """Starts and kills a module that is a program.

    Args:
        module: Such as ``support.training_process``; it reads a JSON object from its
            command line.
        log: Where its output goes, of all its starts.
        environment: Beside the variables of the test.
    """

    def __init__(
        self, module: str, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._module = module
        self._log = log
        self._environment = {"NO_PROXY": "*", **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        log.touch()

    @property
    def log(self) -> str:
        """All that it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, options: Mapping[str, Any]) -> None:
        """Start it with these options; it is ready a little later."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                # It does not outlive a killed test run.
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", self._module]
                + [json.dumps(options)],
                cwd=REPOSITORY / "tests",
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """End it without a word of warning, as a lost machine would."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
