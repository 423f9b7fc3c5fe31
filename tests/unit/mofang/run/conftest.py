"""A container for the wrapper: ``wrapper`` runs it as a real process.

``wrapper(command, **variables)`` waits for the end, ``wrapper.start`` does not. Its
``torch`` is a stand-in that prints how it was called and then runs the script.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import mofang

TORCHRUN = """
import json, os, sys
print("TORCHRUN", json.dumps(sys.argv[1:]), flush=True)
at = sys.argv.index("--monitor_interval") + 2
rest = sys.argv[at:]
while rest[0] in ("--redirects", "--tee"):
    del rest[:2]
if rest[0] == "--no_python":
    os.execv(rest[1], rest[1:])
os.execv(sys.executable, [sys.executable, *rest])
"""


@dataclass
class Wrapper:
    home: Path
    log: Path
    termination_log: Path
    packages: Path

    def start(
        self,
        *command: str,
        framework: str = "pytorch",
        flags: tuple[str, ...] = (),
        python: str = sys.executable,
        options: tuple[str, ...] = (),
        **variables: str,
    ) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.packages}:{Path(mofang.__file__).parents[1]}",
            "MOFANG_JOB_ID": "digits-abc123",
            "MOFANG_ROLE": "worker",
            "MOFANG_INDEX": "0",
            "MOFANG_NODE": "cpu-1",
            "MOFANG_LOG_FILE": str(self.log),
            "MOFANG_WORKING_DIRECTORY": str(self.home),
            "MOFANG_TERMINATION_LOG": str(self.termination_log),
            **variables,
        }
        return subprocess.Popen(
            [
                python,
                *options,
                "-m",
                "mofang.run.main",
                "--framework",
                framework,
                *flags,
                "--",
                *command,
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, *command: str, **options: str) -> tuple[int, str]:
        with self.start(*command, **options) as process:
            output, _ = process.communicate(timeout=60)
        return process.returncode, output.decode()

    def command(self, *command: str, **options: str) -> tuple[int, str]:
        return self(*command, flags=("--command",), **options)

    def script(self, text: str, name: str = "train.py") -> str:
        (self.home / name).write_text(text)
        return name


@pytest.fixture
def wrapper(tmp_path):
    home = tmp_path / "home"
    torch = tmp_path / "packages" / "torch" / "distributed"
    for folder in (home, torch):
        folder.mkdir(parents=True)
    (torch / "run.py").write_text(TORCHRUN)
    for package in (torch, torch.parent):
        (package / "__init__.py").touch()
    (tmp_path / "termination-log").touch()
    return Wrapper(
        home=home,
        log=tmp_path / "logs" / "digits-abc123" / "worker-0.log",
        termination_log=tmp_path / "termination-log",
        packages=tmp_path / "packages",
    )


@pytest.fixture
def eventually():
    """Wait for a condition, and fail if it does not come."""

    def wait(condition, *, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait
