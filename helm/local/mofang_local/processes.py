"""Programs that outlive the launcher, known again by pid and start time.

A pid alone may have been given to somebody else's process since; only one
with the recorded start time is ours to signal.
"""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from mofang_local.errors import StartError, last_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to start and keep."""

    name: str
    command: tuple[str, ...]
    namespace: str | None = None
    """Network namespace it runs in; None is the machine's own."""
    environment: dict[str, str] = field(default_factory=dict)


def start_time(pid: int) -> str | None:
    """When the kernel started ``pid``, in its own ticks; None if it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else fields[19]


class Supervisor:
    """Starts programs, remembers them in ``run`` and ends them."""

    def __init__(self, run: Path, logs: Path) -> None:
        self._run = run
        self._logs = logs
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def log_of(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _record(self, name: str) -> Path:
        return self._run / f"{name}.pid"

    def pid(self, name: str) -> int | None:
        """The live process of that name, or None."""
        record = self._record(name)
        try:
            known = json.loads(record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        pid = int(known["pid"])
        return pid if start_time(pid) == known["started"] else None

    def names(self) -> list[str]:
        """Every program that was started and not yet ended."""
        return sorted(record.stem for record in self._run.glob("*.pid"))

    def start(self, program: Program) -> None:
        """Start it unless it runs; output goes to its log file."""
        if self.pid(program.name):
            return
        self._run.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        command = list(program.command)
        if program.namespace:
            command = ["nsenter", f"--net=/run/netns/{program.namespace}", *command]
        log = self.log_of(program.name)
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("w") as out:
            process = subprocess.Popen(  # noqa: S603 - commands are ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, **program.environment},
                start_new_session=True,
            )
        self._children[program.name] = process
        record = {"pid": process.pid, "started": start_time(process.pid)}
        self._record(program.name).write_text(json.dumps(record))

    def ensure_alive(self, name: str) -> None:
        """Raise with the program's last lines if it ended.

        Raises:
            StartError: It is not running any more.
        """
        if self.pid(name) is None:
            log = self.log_of(name)
            text = log.read_text(errors="replace") if log.exists() else ""
            raise StartError(f"{name} ended; its log is {log}:\n{last_lines(text)}")

    def stop(self, name: str, *, grace_seconds: float = 10) -> None:
        """Ask it to end, insist after the grace, forget it."""
        pid = self.pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + grace_seconds
            while self.pid(name) and time.monotonic() < deadline:
                time.sleep(0.05)
            if self.pid(name):
                os.kill(pid, signal.SIGKILL)
            while self.pid(name):
                time.sleep(0.02)
        self._record(name).unlink(missing_ok=True)
        if child := self._children.pop(name, None):
            child.wait()
