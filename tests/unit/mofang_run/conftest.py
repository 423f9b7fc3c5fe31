"""A container for the wrapper: ``wrapper`` runs it as a real process.

``wrapper(command, **variables)`` waits for the end, ``wrapper.start`` does not. Its
``torch`` is a stand-in that prints how it was called, reads macros as torchrun does and
then runs the script; ``failing_torchrun`` makes it one that waits after a failure, and
``passing_torchrun`` one that starts the script in a session of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from unit.mofang_run.ssh_container import container  # noqa: F401 - a fixture

from support.client_packages import RUNNER, outside, public_client  # noqa: F401 - fixtures
from support.virtual_environments import environment_with_pip  # noqa: F401 - a fixture

TORCHRUN = """
import json, os, string, sys
print("TORCHRUN", json.dumps(sys.argv[1:]), flush=True)
at = sys.argv.index("--monitor_interval") + 2
rest = sys.argv[at:]
while rest[0] in ("--redirects", "--tee"):
    del rest[:2]
def substituted(words):
    return [string.Template(word).safe_substitute(local_rank=0) for word in words]
command = [sys.executable, *substituted(rest)]
if rest[0] == "--no_python":
    command = [rest[1], *substituted(rest[2:])]
os.execvp(command[0], command)
"""

FAILING = """
import subprocess, time
code = subprocess.call(command)
print("E1 torch/distributed/elastic/multiprocessing/api.py:869] failed "
      f"(exitcode: {code}) local_rank: 0 (pid: 7) of binary: x", flush=True)
time.sleep(60)
"""

PASSING = """
import signal, subprocess
process = subprocess.Popen(command, start_new_session=True)
def leave(number, frame):
    raise KeyboardInterrupt
signal.signal(signal.SIGTERM, leave)
try:
    sys.exit(process.wait())
except KeyboardInterrupt:
    os.killpg(process.pid, signal.SIGTERM)
    process.wait()
    sys.exit(1)
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
            "PYTHONPATH": f"{self.packages}:{RUNNER}",
            "MOFANG_JOB_ID": "digits-abc123",
            "MOFANG_ROLE": "worker",
            "MOFANG_REPLICA_INDEX": "0",
            "MOFANG_NODE_NAME": "cpu-1",
            "HOME": str(self.home),
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
                "mofang_run.main",
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


def _end_torchrun_with(wrapper, text):
    runner = wrapper.packages / "torch" / "distributed" / "run.py"
    start, _, _ = runner.read_text().partition("os.execvp(")
    runner.write_text(start + text)


@pytest.fixture
def failing_torchrun(wrapper):
    _end_torchrun_with(wrapper, FAILING)


@pytest.fixture
def passing_torchrun(wrapper):
    _end_torchrun_with(wrapper, PASSING)


@pytest.fixture
def eventually():
    """Wait for a condition, and fail if it does not come."""

    def wait(condition, *, seconds: float = 60.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait
